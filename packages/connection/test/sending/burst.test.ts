// What one turn of the event loop sends: a queue that had no chance to flush says nothing of its peer.

import { describe, expect, test } from "bun:test";
import { FakeClock, MemoryPair, MemorySocket } from "@typewire/testkit";

import { createEndpoint, LiveConnection } from "../../src/index.ts";
import {
  clientConnection,
  fromServer,
  heardByClient,
  type ServerSide,
  talk,
  turn,
} from "../talk.ts";

const KiB = 1024;
const row = { type: "reply", text: "x".repeat(1_000) } as const;
const rowBytes = fromServer(row).length;
const limits = { hardQueueBytes: 64 * KiB, maxFrameBytes: 16 * KiB };

/** Connections of one server, whose sockets take nothing more. */
async function full(count: number, maxBufferedBytes: number) {
  const clock = new FakeClock();
  const told: { readonly name: string; readonly count: number; readonly code: string }[] = [];
  const endpoint = createEndpoint(
    talk,
    "server",
    {},
    {
      clock,
      limits,
      maxBufferedBytes,
      observers: [
        {
          onUndelivered: ({ name }, { length }, { code }) =>
            void told.push({ name, count: length, code }),
        },
      ],
    },
  );
  const peers = Array.from({ length: count }, (_, index) => {
    const connection: ServerSide = new LiveConnection(endpoint, `${index}`);
    const socket = new MemorySocket();
    socket.events = connection;
    connection.opened(socket);
    return { connection, socket };
  });
  await turn();
  for (const { socket } of peers) {
    socket.writes.length = 0;
    socket.room = 0;
  }
  return { peers, clock, told, endpoint };
}

describe("a burst within one turn", () => {
  test("of twenty times the hard limit reaches a peer that reads, whole and in order", async () => {
    const texts: string[] = [];
    const { peers, clock, told } = await full(1, 8 * KiB * KiB);
    const [{ connection, socket }] = peers as [(typeof peers)[0]];
    const sent = Array.from({ length: 1_300 }, (_, index) => `${index} ${row.text}`);
    for (const text of sent) connection.send({ type: "reply", text });
    expect(connection.state).toBe("open");
    for (let turns = 0; connection.queuedBytes > 0 && turns < 10_000; turns += 1) {
      clock.advance(1);
      socket.room = 10_000;
      connection.drained();
    }
    for (const message of heardByClient(socket))
      if (message.type === "reply") texts.push(message.text);
    expect(texts).toEqual(sent);
    expect(told).toEqual([]);
  });

  test.each([
    ["synchronously", () => undefined],
    ["between promises that are settled", () => Promise.resolve()],
  ])("sent %s is one burst", async (_, pause) => {
    const { peers } = await full(1, 8 * KiB * KiB);
    const [{ connection }] = peers as [(typeof peers)[0]];
    for (let index = 0; index < 500; index += 1) {
      connection.send(row);
      await pause();
    }
    expect(connection.state).toBe("open");
    expect(connection.queuedBytes).toBe(500 * rowBytes);
  });

  test("is followed by messages of later turns, which do not count it as slowness", async () => {
    const { peers, clock } = await full(1, 8 * KiB * KiB);
    const [{ connection }] = peers as [(typeof peers)[0]];
    for (let index = 0; index < 500; index += 1) connection.send(row);
    for (let index = 0; index < 60; index += 1) {
      clock.advance(1);
      connection.send(row);
    }
    expect(connection.state).toBe("open");
    for (let index = 0; index < 10; index += 1) {
      clock.advance(1);
      connection.send(row);
    }
    expect(connection.closeReason?.code).toBe("slow-consumer");
  });

  test("beyond maxBufferedBytes is undelivered with queue-full, throws nothing and closes nothing", async () => {
    const mostBytes = 1_000 * rowBytes;
    const { peers, clock, told, endpoint } = await full(1, mostBytes);
    const [{ connection, socket }] = peers as [(typeof peers)[0]];
    const taken: boolean[] = [];
    for (let index = 0; index < 3_000; index += 1) taken.push(connection.send(row));
    expect(connection.state).toBe("open");
    expect(connection.queuedBytes).toBeLessThanOrEqual(mostBytes);
    const queued = connection.queuedBytes / rowBytes;
    expect(queued).toBeGreaterThan(600);
    expect(new Set(told.map(({ code }) => code))).toEqual(new Set(["queue-full"]));
    expect(told.length).toBe(3_000 - queued);
    expect(endpoint.stats()).toMatchObject({
      messagesSent: queued,
      messagesUndelivered: 3_000 - queued,
    });
    expect(connection.sendFrame(fromServer(row))).toBe(false);
    expect(told.length).toBe(3_001 - queued);
    expect(taken.at(-1)).toBe(false);

    clock.advance(1);
    socket.room = Infinity;
    connection.drained();
    expect(connection.send(row)).toBe(true);
    await turn();
    expect(heardByClient(socket).length).toBe(queued + 1);
  });

  test("to many peers at once stays within the bound of all, and destroys no one", async () => {
    const mostBytes = 8_000 * KiB;
    const { peers, clock, told, endpoint } = await full(100, mostBytes);
    for (let index = 0; index < 300; index += 1) {
      for (const { connection } of peers) connection.send(row);
    }
    expect(peers.filter(({ connection }) => connection.state === "open").length).toBe(100);
    const heldBytes = () =>
      peers.reduce((sum, { connection }) => sum + connection.memoryBytes(new Set()), 0);
    expect(heldBytes()).toBeLessThan(mostBytes * 1.1);
    expect(told.length).toBeGreaterThan(10_000);
    expect(endpoint.stats().messagesUndelivered).toBe(told.length);

    // Later turns: a peer that has not read is cut as before, the largest first, until the rest is within the bound.
    for (let turns = 0; turns < 20; turns += 1) {
      clock.advance(1);
      for (const { connection } of peers) connection.send(row);
      expect(heldBytes()).toBeLessThan(mostBytes * 1.1);
    }
    expect(endpoint.stats().closedByReason).toEqual({
      "slow-consumer": expect.any(Number),
    });
  });

  test("of a slow reader of earlier turns makes room: it is cut, and a peer whose queue has just begun is not", async () => {
    const { peers, clock } = await full(2, 300 * KiB);
    const [slow, healthy] = peers as [(typeof peers)[0], (typeof peers)[0]];
    for (let index = 0; index < 150; index += 1) slow.connection.send(row);
    clock.advance(1);
    for (let index = 0; index < 150; index += 1) healthy.connection.send(row);
    expect(slow.connection.closeReason?.code).toBe("slow-consumer");
    expect(healthy.connection.state).toBe("open");
    expect(healthy.connection.queuedBytes).toBe(150 * rowBytes);
  });

  test("is offered to the socket again while it grows", async () => {
    const { peers } = await full(1, 8 * KiB * KiB);
    const [{ connection, socket }] = peers as [(typeof peers)[0]];
    connection.send(row);
    await turn();
    socket.room = Infinity;
    for (let index = 0; index < 2_000; index += 1) connection.send(row);
    expect(connection.queuedBytes).toBeLessThan(16 * KiB);
    expect(connection.state).toBe("open");
  });

  test("ends in order when close follows in the same turn", async () => {
    const heard: number[] = [];
    const { peers } = await full(1, 8 * KiB * KiB);
    const [{ connection }] = peers as [(typeof peers)[0]];
    const reader = clientConnection({ reply: ({ text }) => heard.push(text.length) });
    const sender: ServerSide = new LiveConnection(
      createEndpoint(talk, "server", {}, { limits, maxBufferedBytes: 8 * KiB * KiB }),
      "sender",
    );
    const pair = new MemoryPair(sender, reader, { room: 20_000 });
    await pair.settle();
    for (let index = 0; index < 1_000; index += 1) sender.send(row);
    void sender.close();
    await pair.settle();
    expect(heard.length).toBe(1_000);
    expect(connection.state).toBe("open");
  });
});
