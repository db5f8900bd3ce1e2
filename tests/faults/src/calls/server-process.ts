// The attacked server with calls, in a process of its own: what typewire-server is for the other rows. Takes the flags
// of that program which the arena and the soak give, and writes the lines of its JSON log that they read.
//
//     bun server-process.ts [--port 0 | --unix FILE] [--limit NAME=VALUE]… [--max-buffered BYTES] [--tls-cert FILE --tls-key FILE]

import { writeSync } from "node:fs";
import { parseArgs } from "node:util";

import { removeStaleSocket, serve } from "@typewire/bun";
import { internalLimits } from "@typewire/connection/internal";
import type { ServerOf } from "@typewire/server";

import { callsProtocol } from "./protocol.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    unix: { type: "string" },
    limit: { type: "string", multiple: true, default: [] },
    "max-buffered": { type: "string" },
    "tls-cert": { type: "string" },
    "tls-key": { type: "string" },
    // Only this format, and no limit.
    log: { type: "string" },
    "log-limit": { type: "string" },
  },
});

function log(event: string, fields: object): void {
  const line = { time: new Date().toISOString(), level: "info", event, ...fields };
  writeSync(2, `${JSON.stringify(line)}\n`);
}

const limits = Object.fromEntries(
  values.limit.map((text) => {
    const [name = "", value] = text.split("=");
    return [name, Number(value)];
  }),
);
const certFile = values["tls-cert"];
const keyFile = values["tls-key"];
const maxBuffered = values["max-buffered"];

const CHUNK = new Uint8Array(32 * 1024);
const TIMER_MS = 10;

const state = { napping: 0, mostNapping: 0, poured: 0, summed: 0, lateMs: 0 };
let dueMs = performance.now() + TIMER_MS;
setInterval(() => {
  state.lateMs = Math.max(state.lateMs, performance.now() - dueMs);
  dueMs = performance.now() + TIMER_MS;
}, TIMER_MS);

interface Heeding {
  readonly signal: AbortSignal;
}

/** Resolves after `ms`; rejects when the call is to end. */
function until(ms: number, { signal }: Heeding): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = ms === Infinity ? undefined : setTimeout(resolve, ms);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop);
  });
}

async function note(text: string): Promise<number> {
  log("noted", { text });
  if (text.startsWith("hold")) await new Promise(() => {});
  return text.length;
}

if (values.unix !== undefined) await removeStaleSocket(values.unix);
const server: ServerOf<typeof callsProtocol> = serve(
  callsProtocol,
  {
    ...(values.unix === undefined ? { port: Number(values.port) } : { unix: values.unix }),
    limits: internalLimits(limits),
    ...(maxBuffered !== undefined && { maxBufferedBytes: Number(maxBuffered) }),
    ...(certFile !== undefined && keyFile !== undefined && { tls: { certFile, keyFile } }),
    onOpen(connection) {
      log("connected", { connection: connection.name });
      connection.send({ type: "welcome", text: "hola" });
    },
    onClose: ({ name }, { code, message }) =>
      log("disconnected", { connection: name, code, reason: message }),
    onNotOpened: ({ name }, { code, message }) =>
      log("not-opened", { connection: name, code, reason: message }),
    onRefused: ({ name }, { code }) => log("refused", { connection: name, code }),
    onPeerError() {},
    onUndelivered() {},
    onHello() {},
    onHandlerError: ({ name }, handler, error) =>
      log("handler-failed", { connection: name, handler, error: String(error) }),
  },
  {
    say({ text }, connection) {
      const message = { type: "said", from: connection.name, text, at: new Date() } as const;
      server.broadcast(message, { except: connection });
    },
    echo: (input) => input,
    async nap(ms, call) {
      state.mostNapping = Math.max(state.mostNapping, (state.napping += 1));
      try {
        await until(ms, call);
        return ms;
      } finally {
        state.napping -= 1;
      }
    },
    hang: () => new Promise(() => {}),
    list: () => arrayOf(1, 2, 3),
    async *count(input) {
      for (let index = 0; index < input; index += 1) yield index;
    },
    async *pour() {
      for (;;) {
        state.poured += 1;
        yield CHUNK;
      }
    },
    async *tail(_, call) {
      yield 1;
      await until(Infinity, call);
    },
    async fail(how, call) {
      if (how === "throws") throw new Error("a secret of the handler's");
      if (how === "declared") throw call.error("declared", { why: "so" });
      if (how === "unfit data") throw call.error("declared", { why: "a secret, too long" });
      if (how === "undeclared") throw Object.assign(new Error("a secret"), { code: "undeclared" });
      return how === "unfit output" ? ("a secret" as never) : 1;
    },
    async sum(_, call) {
      let sum = 0;
      for await (const item of call.items) {
        sum += item;
        state.summed += item;
      }
      return sum;
    },
    ignore: (_, call) => until(Infinity, call),
    note,
    noteOnce: note,
    state() {
      const { lateMs } = state;
      state.lateMs = 0;
      return { ...state, lateMs, inFlight: server.stats().callsInFlight };
    },
  },
);

/** An array is no generator: it ends within the turn in which it is stopped. */
function arrayOf(...items: readonly number[]): AsyncIterable<number> {
  return items as unknown as AsyncIterable<number>;
}

process.on("SIGTERM", () => {
  log("draining", {});
  void server.drain({ timeoutMs: 2000 }).then(() => process.exit(0));
});
log("listening", { address: `127.0.0.1:${server.port}` });
