// Typewire's calls, as their users have them. The first argument chooses a variation: `middlewares`, three
// around each handler; `messages`, one-way messages in place of the stream; `wide`, a window of 1 MiB.

import { connect as connectClient, serve } from "@typewire/bun";
import type { Middleware } from "@typewire/connection";
import { defineProtocol, Type } from "@typewire/protocol";

import { deferred } from "../../end-to-end/deferred.ts";
import type { Way } from "../control.ts";
import { asyncItems, bytesOf, CHUNK_BYTES, chunks, items, takeAll } from "../items.ts";
import { type CallClient, type CallPeer, type CallServer, runCallPeer } from "../peer.ts";
import { message, schemas } from "../schema.ts";

const variation = process.argv[2];
const limits = variation === "wide" ? { windowBytes: 1024 * 1024 } : {};
const count = Type.Object({ count: Type.Integer({ minimum: 0 }) });

const protocol = defineProtocol({
  name: "bench",
  version: 1,
  server: schemas,
  client: { go: count },
  calls: {
    echo: { input: message, output: message },
    watched: { input: message, output: message },
    down: { input: count, yields: message },
    both: { sends: message, yields: message },
    bytes: { input: count, yields: Type.Uint8Array({ maxByteLength: CHUNK_BYTES }) },
    heldCall: {},
    heldStream: { yields: Type.Integer() },
  },
});

const never = new Promise<never>(() => {});
const neverAnything = { [Symbol.asyncIterator]: () => ({ next: () => never }) };

let runs = 0;
/** What `client.try` resolves with. */
type CallOutcome =
  { readonly ok: true; readonly output: unknown } | { readonly ok: false; readonly error: Error };

/** What a middleware that measures comes to. */
const counting: Middleware = async (_, next) => {
  try {
    return await next();
  } finally {
    runs += 1;
  }
};

async function listen(): Promise<CallServer> {
  const { port } = serve(
    protocol,
    {
      port: 0,
      limits,
      maxConnections: 20_000,
      use: variation === "middlewares" ? [counting, counting, counting] : [],
    },
    {
      async go({ count: wanted }, connection) {
        for (const item of items(wanted)) {
          if (!connection.send(item as never)) await connection.ready();
        }
      },
      echo: (input) => input,
      watched(input, { signal }) {
        if (signal.aborted) throw new Error(`aborted after ${runs} runs`);
        return input;
      },
      down: ({ count: wanted }) => asyncItems(wanted) as AsyncIterable<never>,
      async *both(_, call) {
        for await (const item of call.items) yield item;
      },
      bytes: ({ count: wanted }) => chunks(wanted),
      heldCall: () => never,
      heldStream: () => neverAnything,
    },
  );
  return { port };
}

async function connect(port: number): Promise<CallClient> {
  let take: (item: unknown) => void = () => {};
  const client = await connectClient(
    protocol,
    { port, limits, reconnect: false, connectTimeoutMs: 60_000 },
    { posted: (item: unknown) => take(item) } as object,
  );
  const { signal } = new AbortController();
  const { call: calls, try: tries } = client;
  return {
    call(input, way: Way) {
      const given = input as never;
      switch (way) {
        case "plain":
          return calls.echo(given);
        case "caller's signal":
          return calls.echo(given, { signal });
        case "handler's signal":
          return calls.watched(given);
        case "try":
          return tries.echo(given);
      }
    },
    // Outside of `call`: a promise around the call's own is what no program has.
    outputOf(answer, way) {
      if (way !== "try") return answer;
      const outcome = answer as CallOutcome;
      if (!outcome.ok) throw outcome.error;
      return outcome.output;
    },
    down(wanted, takeItem) {
      if (variation !== "messages") return takeAll(calls.down({ count: wanted }), takeItem);
      const { promise, resolve, reject } = deferred();
      let taken = 0;
      take = (item) => {
        try {
          void takeItem(item);
        } catch (error) {
          reject(error);
        }
        if ((taken += 1) === wanted) resolve();
      };
      client.send({ type: "go", count: wanted });
      return promise;
    },
    both: (wanted, takeItem) => takeAll(calls.both(items(wanted) as Iterable<never>), takeItem),
    chunks: (wanted) => bytesOf(calls.bytes({ count: wanted })),
    hold(kind) {
      if (kind === "call") void calls.heldCall({ timeoutMs: 0 }).catch(() => {});
      else
        void calls
          .heldStream()
          [Symbol.asyncIterator]()
          .next()
          .catch(() => {});
    },
    close: async () => void (await client.close()),
  };
}

const typewire: CallPeer = { listen, connect };

await runCallPeer(typewire);
