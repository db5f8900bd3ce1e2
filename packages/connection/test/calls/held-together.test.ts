// Items that no program takes, over real connections: they are within `maxBufferedBytes` as they come, although
// nothing is sent meanwhile, and the connection that holds most is the one that ends.

import { describe, expect, test } from "bun:test";

import { type CallMessage, type ControlMessage, defineProtocol, Type } from "@typewire/protocol";
import { ByteWriter } from "@typewire/protocol/internal";
import { FakeClock, MemorySocket } from "@typewire/testkit";

import { type CloseReason, createEndpoint, LiveConnection } from "../../src/index.ts";

const market = defineProtocol({
  name: "market",
  version: 1,
  server: {},
  client: {},
  calls: {
    put: { sends: Type.Union([Type.Integer(), Type.String()]), output: Type.Integer() },
    tail: { yields: Type.String() },
    echo: { input: Type.Integer(), output: Type.Integer() },
  },
});

const limits = { hardQueueBytes: 400_000, maxFrameBytes: 100_000 };
const maxBufferedBytes = 500_000;

type Said = CallMessage | ControlMessage;

/** Frames as one end writes them; `name` is that of the call. */
function framesOf(role: "server" | "client", name: string, said: readonly Said[]): Uint8Array {
  const writer = new ByteWriter();
  for (const message of said) {
    if (message.type === "$call" || message.type === "$item" || message.type === "$result") {
      market[role].encodeCallInto(message, name, writer);
    } else {
      market[role].encodeInto(message, writer);
    }
  }
  return writer.copy();
}

/** A server whose handler of `put` takes no item, and a way to connect to it. */
function serve() {
  const clock = new FakeClock();
  const reasons: CloseReason[] = [];
  const settle: (() => void)[] = [];
  const handlers = {
    put: () => new Promise<number>((resolve) => settle.push(() => resolve(1))),
    async *tail() {},
    echo: (input: number) => input,
  };
  const endpoint = createEndpoint(market, "server", handlers, {
    clock,
    limits,
    maxBufferedBytes,
    owner: { closed: (_, reason) => void reasons.push(reason) },
  });
  const connect = () => {
    const connection = new LiveConnection(endpoint, `peer ${endpoint.stats().opened}`);
    const socket = new MemorySocket();
    socket.events = connection;
    connection.opened(socket);
    connection.receive(framesOf("client", "", [helloOf("client")]));
    return { connection, socket };
  };
  const heldBytes = () => {
    let bytes = 0;
    for (const member of endpoint.sweep.members) bytes += member.memoryBytes(new Set());
    return bytes;
  };
  return { endpoint, connect, reasons, settle, heldBytes };
}

function helloOf(role: "server" | "client"): ControlMessage {
  const { name, version, fingerprint } = market;
  const slots = role === "server" ? { maxCalls: 256, maxStreams: 64 } : {};
  return { type: "$hello", protocol: name, version, fingerprint, maxFrameBytes: 100_000, ...slots };
}

const sizes = {
  "of a byte": { item: 7, count: 2_900 },
  "of a kilobyte": { item: "x".repeat(1_000), count: 64 },
  "of a frame": { item: "x".repeat(99_000), count: 1 },
} as const;

describe("Items that no handler takes", () => {
  test.each(Object.entries(sizes))(
    "%s are bounded for all connections together, and those end that hold most",
    (_, { item, count }) => {
      const { endpoint, connect, reasons, heldBytes } = serve();
      const quiet = connect();
      quiet.connection.receive(
        framesOf("client", "put", [
          { type: "$call", call: "put", id: 1 },
          { type: "$item", id: 1, item: 1 },
        ]),
      );
      const greedy = Array.from({ length: 10 }, connect);
      const items = framesOf(
        "client",
        "put",
        Array.from({ length: count }, () => ({ type: "$item", id: 1, item })),
      );
      for (const { connection } of greedy) {
        connection.receive(framesOf("client", "put", [{ type: "$call", call: "put", id: 1 }]));
        connection.receive(items);
        expect(heldBytes()).toBeLessThanOrEqual(maxBufferedBytes * (1 + 1 / 64) + 100_000);
      }
      expect(reasons.length).toBeGreaterThanOrEqual(3);
      expect(new Set(reasons.map(({ code }) => code))).toEqual(new Set(["slow-consumer"]));
      // Of those that end nothing is held any more, and the one that holds least goes on.
      expect(endpoint.sweep.members.size).toBe(11 - reasons.length);
      expect(quiet.connection.state).toBe("open");
      for (const { connection } of greedy) connection.destroy();
      expect(heldBytes()).toBeLessThan(1_000);
    },
  );

  test("are held no more once their call has ended", async () => {
    const { endpoint, connect, reasons, settle, heldBytes } = serve();
    const { connection } = connect();
    for (let id = 1; id <= 100; id += 1) {
      connection.receive(
        framesOf("client", "put", [
          { type: "$call", call: "put", id },
          { type: "$item", id, item: "x".repeat(60_000) },
        ]),
      );
      expect(endpoint.stats().bufferedBytes).toBeGreaterThan(60_000);
      settle.pop()?.();
      for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
      expect(heldBytes()).toBeLessThan(5_000);
    }
    expect(reasons).toEqual([]);
  });
});

describe("Items that a client's program does not take", () => {
  test("are bounded as well, and end the connection that they come by", async () => {
    const clock = new FakeClock();
    const reasons: CloseReason[] = [];
    const endpoint = createEndpoint(
      market,
      "client",
      {},
      {
        clock,
        limits,
        maxBufferedBytes,
        owner: { closed: (_, reason) => void reasons.push(reason) },
      },
    );
    const connection = new LiveConnection(endpoint, "server");
    const socket = new MemorySocket();
    socket.events = connection;
    connection.opened(socket);
    connection.receive(framesOf("server", "", [helloOf("server")]));
    const outgoing = endpoint.calls?.outgoing;
    const shape = market.calls["tail"];
    if (outgoing === undefined || shape === undefined) throw new Error("It has calls");
    const given = { input: undefined, items: undefined, timeoutMs: 0, signal: undefined };
    const errors: unknown[] = [];
    const end = { resolve() {}, reject: (error: unknown) => void errors.push(error) };
    for (let count = 0; count < 20; count += 1) outgoing.start(shape, given, end);
    for (let id = 1; id <= 20 && connection.state === "open"; id += 1) {
      connection.receive(
        framesOf("server", "tail", [{ type: "$item", id, item: "x".repeat(60_000) }]),
      );
      expect(connection.stats.bufferedBytes).toBeLessThanOrEqual(maxBufferedBytes + 100_000);
    }
    expect(reasons).toMatchObject([{ code: "slow-consumer" }]);
    expect(errors).toHaveLength(20);
  });
});
