// X: servers that misbehave towards the client executable. It says what was wrong in one line, ends with
// the code that `--help` lists for it, and prints no stack and no byte of the server's.

import { describe, expect } from "bun:test";

import { connect } from "@typewire/bun";
import { saludo, type SaludoClientMessage } from "@typewire/protocol/saludo";
import {
  FaultProxy,
  type Program,
  ScriptedListener,
  type ScriptedPeer,
  within,
} from "@typewire/testkit";

import { startServer } from "../src/arena.ts";
import {
  ascii,
  carrying,
  concat,
  frame,
  head,
  header,
  hello,
  hex,
  map,
  message,
  repeated,
  text,
} from "../src/cbor.ts";
import { clientProgram } from "../src/client-program.ts";
import { waysToSend } from "../src/offender.ts";
import { row, rowsEnd } from "../src/row.ts";
import { ignored } from "../src/ignored.ts";

const HELLO = hello();
const WELCOME = saludo.server.encodeFrame({ type: "welcome", text: "fine" });
const greeting = (words: Uint8Array): Uint8Array =>
  frame(message("greeting", text("words"), words));

/** Words under different keys, none of which is a word. */
function wrongWords(count: number): Uint8Array {
  const entries = repeated(hex("19 0000 00"), count);
  const view = new DataView(entries.buffer);
  for (let key = 0; key < count; key += 1) view.setUint16(4 * key + 1, key + 256);
  return concat(head("map", count), entries);
}

const EXIT = { unreachable: 3, forbidden: 6, incompatible: 7, broken: 8, closed: 9 } as const;

interface ServerRow {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** What the client does: ends with this code and sentence, or prints what follows. */
  readonly code?: number;
  readonly sentence?: RegExp;
}

const broken = (name: string, bytes: Uint8Array, sentence: RegExp): ServerRow => ({
  name,
  bytes,
  code: EXIT.broken,
  sentence,
});

const rows: readonly ServerRow[] = [
  broken("X F1 a length of 0", concat(HELLO, header(0)), /0 bytes|length/),
  broken("X F2 ten nines", concat(HELLO, header("9999999999")), /9999999999/),
  broken("X F9 HTTP", ascii("HTTP/1.1 400 Bad Request\r\n\r\n"), /HTTP/),
  broken("X F9 an SSH banner", ascii("SSH-2.0-OpenSSH_9.6\r\n"), /SSH/),
  broken("X F9 zeros", new Uint8Array(64), /header|decimal/),
  broken("X C1 a break", concat(HELLO, frame(hex("ff"))), /CBOR|break|item/i),
  broken(
    "X C3 2^64-1 items",
    concat(HELLO, greeting(hex("9bffffffffffffffff"))),
    /items|entries|hold|bytes/,
  ),
  broken(
    "X C4 a million levels",
    concat(HELLO, frame(new Uint8Array(1_000_000).fill(0x81))),
    /nest|level/,
  ),
  broken("X C9 __proto__", concat(HELLO, greeting(map(text("__proto__"), text("x")))), /__proto__/),
  broken("X C12 a tag", concat(HELLO, greeting(hex("c1fb41d452d9e2000000"))), /tag/i),
  {
    name: "X S1 a greeting that is none",
    bytes: concat(HELLO, repeated(greeting(hex("01")), 11)),
    code: EXIT.forbidden,
    sentence: /words/,
  },
  {
    name: "X S7 thirty thousand wrong words, again and again",
    bytes: concat(HELLO, repeated(greeting(wrongWords(30_000)), 11)),
    code: EXIT.forbidden,
    sentence: /words/,
  },
  {
    name: "X S9 another version",
    bytes: hello([], { protocol: "saludo", version: 2 }),
    code: EXIT.incompatible,
    sentence: /saludo 1.*saludo 2/,
  },
  {
    name: "X S9 another protocol",
    bytes: hello([], { protocol: "telnet", version: 1 }),
    code: EXIT.incompatible,
    sentence: /telnet/,
  },
  {
    name: "X L10 a server that refuses everybody",
    bytes: frame(
      message("$error", text("code"), text("too-many-connections"), text("message"), text("full")),
    ),
    code: EXIT.unreachable,
    sentence: /full/,
  },
  {
    name: "X an $error with a megabyte of text",
    bytes: frame(
      message(
        "$error",
        text("code"),
        text("internal"),
        text("message"),
        text("x".repeat(1_000_000)),
      ),
    ),
    sentence: /internal|x{10}/,
  },
  {
    name: "X a frame limit of one byte in $hello",
    bytes: concat(hello([text("maxFrameBytes"), hex("01")]), WELCOME),
  },
  {
    name: "X a heartbeat of one millisecond in $hello",
    bytes: concat(hello([text("heartbeatIntervalMs"), hex("01")]), WELCOME),
  },
  {
    name: "X a heartbeat of 2^53 milliseconds in $hello",
    bytes: concat(hello([text("heartbeatIntervalMs"), hex("1b001fffffffffffff")]), WELCOME),
  },
  {
    name: "X a $pong that answers no $ping",
    bytes: concat(HELLO, frame(message("$pong", text("id"), hex("07"))), WELCOME),
  },
  {
    name: "X C9 words under odd keys",
    bytes: concat(
      HELLO,
      frame(message("welcome", text("then"), carrying(hex("00")), text("text"), text("fine"))),
    ),
  },
];

/** A client, connected to a server that says whatever the test does. */
async function connected(
  ...flags: readonly string[]
): Promise<{ readonly client: Program; readonly server: ScriptedPeer } & AsyncDisposable> {
  const listener = new ScriptedListener();
  const client = clientProgram(listener.port, ...flags);
  const server = await listener.accept();
  return {
    client,
    server,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      listener[Symbol.dispose]();
    },
  };
}

describe("typewire-client, hostile servers", () => {
  for (const { name, bytes, code, sentence } of rows) {
    row(name, async () => {
      for (const [way, cut] of waysToSend(1)) {
        await using pair = await connected("--no-reconnect", "--timeout", "8s");
        const { client, server } = pair;
        await server.send(bytes, cut);
        if (code === undefined && sentence === undefined) {
          await client.stdout.line(/fine/);
          continue;
        }
        server.shutdown();
        const end = await client.exit();
        if (code !== undefined) expect({ way, code: end.code }).toEqual({ way, code });
        expect(end.code).toBeGreaterThan(0);
        if (sentence !== undefined) expect(client.stderr.text).toMatch(sentence);
        expect(client.stderr.text).not.toMatch(/^\s+at /m);
        for (const line of client.stderr.lines) expect(line.length).toBeLessThan(600);
      }
    });
  }

  row("X L10 a server that accepts and never answers: exit 3 at the connect timeout", async () => {
    await using pair = await connected("--connect-timeout", "200ms");
    expect(await pair.client.exit(2000)).toMatchObject({ code: EXIT.unreachable });
    expect(pair.client.stderr.text).toMatch(/127\.0\.0\.1:\d+.*200 ?ms/);
  });
  row("X L10 a server that hangs up at once: exit 3", async () => {
    await using pair = await connected();
    pair.server.reset();
    expect(await pair.client.exit()).toMatchObject({ code: EXIT.unreachable });
  });
  row("X L10 a server that welcomes and hangs up, again and again: the waits grow", async () => {
    using listener = new ScriptedListener();
    await using client = clientProgram(listener.port);
    const times: number[] = [];
    while (times.length < 5) {
      const server = await listener.accept();
      times.push(performance.now());
      await server.send(concat(HELLO, WELCOME));
      server.shutdown();
    }
    await client.stderr.line(/\[DISCONNECTED\]/);
    const spanMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
    // Four waits below 0.5, 0.8, 1.3 and 2 s: no tight loop, whatever the dice say.
    expect(spanMs).toBeGreaterThan(50);
    expect(spanMs).toBeLessThan(5000);
  });
  row("X L11 no server listens: exit 3, with address and reason", async () => {
    using listener = new ScriptedListener();
    const { port } = listener;
    listener[Symbol.dispose]();
    await using client = clientProgram(port);
    expect(await client.exit()).toMatchObject({ code: EXIT.unreachable });
    expect(client.stderr.text).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}: connection refused`));
  });

  for (const [what, bytes] of [
    ["zero", hex("00")],
    ["eleven days", hex("1a3b9aca00")],
    ["2^53-1", hex("1b001fffffffffffff")],
    ["NaN", hex("f97e00")],
    ["a negative one", hex("20")],
  ] as const) {
    row(`X a $bye with a retry hint of ${what}`, async () => {
      using listener = new ScriptedListener();
      await using client = clientProgram(listener.port);
      const server = await listener.accept();
      const bye = message("$bye", text("reason"), text("later"), text("retryAfterMs"), bytes);
      await server.send(concat(HELLO, WELCOME, frame(bye)));
      server.shutdown();
      // Whatever the hint, the client says when it comes back, and that is no later than five minutes.
      const [line] = await client.stderr.line(/\[DISCONNECTED\].*next attempt is in .*/);
      const [, amount = "", unit = ""] = /in ([\d.]+) ?(ms|s|m|min|h)\b/.exec(line) ?? [];
      const seconds = Number(amount) * ({ ms: 0.001, s: 1, m: 60, min: 60, h: 3600 }[unit] ?? NaN);
      // And what its own jitter adds.
      expect(seconds).toBeLessThanOrEqual(301);
    });
  }

  row(
    "X L9 two hundred clients of a restarted server come back, not in the same instant",
    async () => {
      const COUNT = 200;
      const BUCKET_MS = 100;
      let server = await startServer();
      using proxy = new FaultProxy({ port: server.port });
      const isBack = Array.from({ length: COUNT }, () => Promise.withResolvers<void>());
      const dialledAtMs: number[] = [];
      const clients = await Promise.all(
        isBack.map(({ resolve }) => {
          let lostAtMs = 0;
          return connect(
            saludo,
            {
              port: proxy.port,
              onStatus: (status) => {
                if (status.state === "reconnecting") {
                  lostAtMs = performance.now();
                  dialledAtMs.push(lostAtMs + status.delayMs);
                } else if (status.state === "connected" && lostAtMs > 0) resolve();
              },
            },
            ignored,
          );
        }),
      );
      try {
        await server[Symbol.asyncDispose]();
        proxy.resetAll();
        // Down for long enough that first attempts fail.
        await Bun.sleep(500);
        server = await startServer();
        proxy.target = server.port;
        const all = Promise.all(isBack.map(({ promise }) => promise));
        await within(all, () => "not all are back", 20_000);
        const buckets = new Map<number, number>();
        for (const atMs of dialledAtMs) {
          const bucket = Math.floor(atMs / BUCKET_MS);
          buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
        }
        // Five buckets hold all first waits, a fifth of them each and what chance adds; second waits begin
        // among them, so the share is one of all attempts.
        expect(Math.max(...buckets.values())).toBeLessThan(dialledAtMs.length * 0.35);
      } finally {
        for (const client of clients) void client.close();
        await server[Symbol.asyncDispose]();
      }
    },
  );

  row(
    "X B12 a client that sends faster than the network is told so, and what did not leave is reported",
    async () => {
      await using server = await startServer();
      using proxy = new FaultProxy({ port: server.port });
      const undelivered: SaludoClientMessage[] = [];
      const client = await connect(
        saludo,
        {
          port: proxy.port,
          reconnect: false,
          onUndelivered: (_, messages) => void undelivered.push(...messages),
        },
        ignored,
      );
      proxy.set({ blackHole: true });
      const frameBytes = saludo.client.encodeFrame({
        type: "say",
        text: "00000 ".padEnd(4000),
      }).length;
      let count = 0;
      let hasRoom = true;
      // Turn by turn, so that the kernel has all that it takes before the queue is looked at.
      while (hasRoom) {
        const text = `${String(count).padStart(5, "0")} `.padEnd(4000);
        hasRoom = client.send({ type: "say", text });
        count += 1;
        if (count % 50 === 0) await Bun.sleep(1);
      }
      await Bun.sleep(50);
      const queuedBytes = client.connection?.queuedBytes ?? 0;
      expect(queuedBytes).toBeGreaterThan(1_000_000);
      proxy.resetAll();
      expect(await client.closed).toMatchObject({ code: "connection-reset" });
      // All of the queue, the frame that had left in part included, and nothing before it.
      expect(undelivered).toHaveLength(Math.ceil(queuedBytes / frameBytes));
      const numbers = undelivered.map(({ text }) => Number.parseInt(text, 10));
      const first = count - undelivered.length;
      expect(numbers).toEqual(
        Array.from({ length: undelivered.length }, (_, index) => first + index),
      );
    },
  );

  rowsEnd("X");
});
