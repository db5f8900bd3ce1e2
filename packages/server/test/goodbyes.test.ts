// A drain over a while, over sockets made of arrays: when each connection hears `$bye`, and what it hears before.

import { describe, expect, test } from "bun:test";

import { isControlMessage } from "@typewire/protocol";
import { saludo } from "@typewire/protocol/saludo";
import { FakeClock, FrameCollector, type MemorySocket } from "@typewire/testkit";

import { sayGoodbyes } from "../src/goodbyes.ts";
import { connected } from "./support/connected.ts";

const welcome = { type: "welcome", text: "hola" } as const;

/** Lets what was sent in this turn be written. */
const turn = (): Promise<void> => new Promise(setImmediate);

interface Heard {
  readonly welcomes: number;
  readonly bye: { readonly retryAfterMs?: number } | undefined;
}

/** What a client has been told. */
function heard(socket: MemorySocket): Heard {
  const frames = new FrameCollector();
  frames.push(socket.written);
  const messages = frames.payloads.map((payload) =>
    saludo.server.decodeIncoming(payload, 0, payload.length),
  );
  return {
    welcomes: messages.filter(({ type }) => type === "welcome").length,
    bye: messages.find((message) => isControlMessage(message) && message.type === "$bye") as
      Heard["bye"] | undefined,
  };
}

const told = (sockets: readonly MemorySocket[]): number =>
  sockets.filter((socket) => heard(socket).bye !== undefined).length;

describe("sayGoodbyes", () => {
  /** When each of `count` connections hears it. */
  function times(count: number, spreadMs: number): Map<number, number> {
    const clock = new FakeClock();
    const at = new Map<number, number>();
    const connections = Array.from({ length: count }, (_, index) => index);
    const say = (connection: number): void => void at.set(connection, clock.now());
    sayGoodbyes({ connections, spreadMs, say, clock, random: Math.random });
    clock.advance(spreadMs);
    expect(clock.pending).toBe(0);
    return at;
  }

  test.each([
    [1, 1000],
    [7, 1000],
    [40, 10_000],
    [10_000, 10_000],
    [10_000, 35],
  ])("says it to each of %d within %d ms, no tenth of the time above 15 %%", (count, spreadMs) => {
    const at = times(count, spreadMs);
    expect(at.size).toBe(count);
    const tenths = new Map<number, number>();
    for (const ms of at.values()) {
      expect(ms).toBeLessThanOrEqual(spreadMs);
      const tenth = Math.floor((ms / spreadMs) * 10);
      tenths.set(tenth, (tenths.get(tenth) ?? 0) + 1);
    }
    // A step is 10 ms: a shorter spread has fewer of them.
    if (spreadMs < 1000 || count < 10) return;
    for (const share of tenths.values()) expect(share / count).toBeLessThan(0.15);
  });

  test("says it in another order than the connections came in", () => {
    const order = [...times(100, 1000).keys()];
    expect(order).not.toEqual(order.toSorted((a, b) => a - b));
  });

  test("makes up for a loop that was held up", () => {
    const clock = new FakeClock();
    const said: number[] = [];
    const connections = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    const say = (connection: number): void => void said.push(connection);
    sayGoodbyes({ connections, spreadMs: 1000, say, clock, random: () => 0 });
    clock.pass(650);
    clock.advance(0);
    expect(said).toHaveLength(7);
    clock.advance(350);
    expect(said).toEqual(connections);
  });
});

describe("Server.drain over a while", () => {
  test("serves each connection until its own $bye, and tells each a time of its own", async () => {
    const { server, clock, sockets } = connected(20);
    const drained = server.drain({ spreadMs: 10_000 });
    expect(server.isListening).toBe(false);
    const counts: number[] = [];
    for (let second = 0; second < 10; second += 1) {
      server.broadcast(welcome);
      await turn();
      counts.push(told(sockets));
      clock.advance(1000);
      await turn();
    }
    expect(counts).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
    expect(told(sockets)).toBe(20);
    const all = sockets.map(heard);
    // The one that was told at once heard nothing, the last two heard all but the last.
    expect(all.map(({ welcomes }) => welcomes).toSorted((a, b) => a - b)).toEqual([
      0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10,
    ]);
    const waits = all.map(({ bye }) => bye?.retryAfterMs ?? -1);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...waits)).toBeLessThan(1000);
    expect(new Set(waits).size).toBeGreaterThan(10);
    for (const socket of sockets) socket.events?.socketClosed();
    expect(await drained).toEqual({ cut: 0, messagesUndelivered: 0 });
    expect(clock.pending).toBe(0);
  });

  test("says what it was given as retryAfterMs, and cuts those that are left timeoutMs after the last", async () => {
    const { server, clock, sockets } = connected(4);
    const drained = server.drain({ spreadMs: 1000, timeoutMs: 500, retryAfterMs: 7 });
    clock.advance(1499);
    await turn();
    expect(sockets.map((socket) => heard(socket).bye?.retryAfterMs)).toEqual([7, 7, 7, 7]);
    expect(server.connections.size).toBe(4);
    clock.advance(1);
    expect(await drained).toMatchObject({ cut: 4 });
  });

  test("goes over those that have left by themselves, and is over when the last has", async () => {
    const { server, clock, sockets } = connected(10);
    const drained = server.drain({ spreadMs: 10_000 });
    clock.advance(4500);
    await turn();
    for (const socket of sockets) socket.events?.socketClosed();
    expect(await drained).toMatchObject({ cut: 0 });
    expect(told(sockets)).toBe(5);
    expect(clock.pending).toBe(0);
  });

  test.each(["stop", "drain"] as const)("is cut short by %s", async (how) => {
    const { server, clock, sockets } = connected(10);
    const drained = server.drain({ spreadMs: 10_000 });
    await turn();
    expect(told(sockets)).toBe(1);
    const ended = how === "stop" ? server.stop() : server.drain();
    await turn();
    if (how === "drain") {
      expect(told(sockets)).toBe(10);
      for (const socket of sockets) socket.events?.socketClosed();
    }
    await ended;
    expect(await drained).toMatchObject({ cut: 0 });
    expect(clock.pending).toBe(0);
  });
});
