// What calls leave behind at both ends, of each kind and however they end: no object. Short here; TYPEWIRE_LONG
// makes tens of thousands of each.

import { describe, expect, test } from "bun:test";
import { heapStats } from "bun:jsc";

import { Type } from "@sinclair/typebox";
import type { ClientOf } from "@typewire/client";
import { defineProtocol } from "@typewire/protocol";

import { connect, serve } from "../src/index.ts";

const isLong = process.env["TYPEWIRE_LONG"] !== undefined;
/** Calls of each kind in a round; so many go on at once. */
const CALLS = isLong ? 20_000 : 40;
const AT_ONCE = 16;

const desk = defineProtocol({
  name: "desk",
  version: 1,
  server: {},
  client: {},
  calls: {
    echo: { input: Type.Integer(), output: Type.Integer() },
    decline: { errors: { no: Type.Null() } },
    fail: {},
    hang: {},
    ask: {},
    join: { input: Type.Integer() },
    count: { input: Type.Integer(), yields: Type.Integer(), output: Type.Integer() },
    stall: { yields: Type.Integer() },
    sum: { sends: Type.Integer(), output: Type.Integer() },
    relay: { sends: Type.Integer(), yields: Type.Integer() },
  },
});
type Desk = ClientOf<typeof desk>;

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error));
  });

const open = () =>
  serve(
    desk,
    { port: 0, onHandlerError() {}, use: [(_, next) => next()] },
    {
      echo: (input) => input,
      decline(_, call) {
        throw call.error("no", null);
      },
      fail() {
        throw new Error("of the handler");
      },
      hang: (_, { signal }) => untilAborted(signal),
      ask: (_, { signal }) => void signal.aborted,
      join(room, { connection }) {
        connection.subscribe(`room.${room}`);
        connection.unsubscribe(`room.${room}`);
      },
      async *count(to) {
        for (let number = 0; number < to; number += 1) yield number;
        return to;
      },
      async *stall(_, { signal }) {
        yield 1;
        await untilAborted(signal);
      },
      async sum(_, { items }) {
        let sum = 0;
        for await (const item of items) sum += item;
        return sum;
      },
      async *relay(_, { items }) {
        yield* items;
      },
    },
  );

const forever = new AbortController().signal;

async function read(items: AsyncIterable<unknown>, atMost = Infinity): Promise<void> {
  let count = 0;
  for await (const _ of items) {
    count += 1;
    if (count === atMost) break;
  }
}

/**
 * One call of each kind; `index` tells them apart. A stream that is left has its slot until it is answered: its caller
 * asks something behind it, so that there are enough.
 */
const kinds: Readonly<Record<string, (client: Desk, index: number) => Promise<unknown>>> = {
  answered: ({ call }, index) => call.echo(index),
  "answered, as values": (client, index) => client.try.echo(index),
  "with a signal that lives on": ({ call }, index) => call.echo(index, { signal: forever }),
  "with many timeouts": ({ call }, index) =>
    call.echo(index, { timeoutMs: 10_000 + (index % 100) }),
  "whose handlers ask for the signal": ({ call }) => call.ask(),
  "with a declared error": (client) => client.try.decline(),
  "whose handlers fail": (client) => client.try.fail(),
  "whose input does not fit": (client) => client.try.echo(0.5),
  "that subscribe to other topics": ({ call }, index) => call.join(index),
  "that are cancelled": async (client, index) => {
    const abort = new AbortController();
    const outcome = client.try.hang({ signal: abort.signal });
    if (index % 2 === 0) await client.call.echo(index);
    abort.abort();
    return outcome;
  },
  "whose time is over": (client) => client.try.hang({ timeoutMs: 1 }),
  "that yield": ({ call }) => read(call.count(3)),
  "whose output is read": async ({ call }) => {
    const stream = call.count(2);
    const { output } = stream;
    await read(stream);
    return output;
  },
  "that yield, and are left": ({ call }) => read(call.count(100), 1).then(() => call.echo(1)),
  "that yield and wait, and are left": ({ call }) => read(call.stall(), 1).then(() => call.echo(1)),
  "that are never begun": async ({ call }) => {
    await using _ = call.count(1);
  },
  "whose output is asked for, and are left": async ({ call }) => {
    {
      await using stream = call.count(1);
      void stream.output;
    }
    await call.echo(1);
  },
  "that send": ({ call }) => call.sum([1, 2, 3]),
  "that send what does not fit": (client) => client.try.sum([1, 0.5]),
  "whose items throw": (client) =>
    client.try.sum(
      (function* () {
        yield 1;
        throw new Error("of the program");
      })(),
    ),
  "that send and yield": ({ call }) => read(call.relay([1, 2])),
  "of connections that are lost": async (client, index) => {
    if (index % (4 * AT_ONCE) === 0) client.connection?.destroy();
    const { output } = await Promise.race([
      read(client.try.stall()).then(() => ({ output: undefined })),
      client.try.echo(index).then(() => ({ output: undefined })),
    ]);
    return output;
  },
};

async function make(client: Desk): Promise<void> {
  for (const one of Object.values(kinds)) {
    let next = 0;
    const inTurn = async (): Promise<void> => {
      while (next < CALLS) await one(client, next++);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, inTurn));
  }
}

describe("Calls", () => {
  test(`leave nothing behind, ${CALLS} of each of ${Object.keys(kinds).length} kinds`, async () => {
    await using server = open();
    const options = { port: server.port, reconnect: { initialDelayMs: 1, maxDelayMs: 1 } };
    await using client = await connect(desk, options);
    const objects = async (): Promise<number> => {
      // What still waits is of connections that are lost.
      client.connection?.destroy();
      await client.ready();
      await client.call.echo(1);
      Bun.gc(true);
      expect([client.stats().callsInFlight, server.stats().callsInFlight]).toEqual([0, 0]);
      return heapStats().objectCount;
    };
    await make(client);
    const grown: number[] = [];
    for (let round = 0; round < 2; round += 1) {
      const before = await objects();
      await make(client);
      grown.push((await objects()) - before);
    }
    // At length a kind is seen of which each call leaves one object. In short, what the engine makes meanwhile of this
    // and other files is as much.
    const most = isLong ? CALLS / 2 : (CALLS * Object.keys(kinds).length) / 4;
    expect(Math.min(...grown)).toBeLessThan(most);
  }, 300_000);
});
