import { describe, expect, test } from "bun:test";
import { FakeClock } from "@typewire/testkit";

import type { ConnectionLimits } from "../src/index.ts";
import {
  clientConnection,
  fromClient,
  fromServer,
  heardByClient,
  openSocket,
  serverConnection,
  turn,
} from "./talk.ts";

const reply = (text: string) => ({ type: "reply", text }) as const;
const limits = { softQueueBytes: 1_000, hardQueueBytes: 10_000 };

/** An open server connection whose hello has left. */
async function openServer({ limits }: { limits?: Partial<ConnectionLimits> } = {}) {
  const clock = new FakeClock();
  const connection = serverConnection({}, { clock, ...(limits && { limits }) });
  const socket = openSocket(connection);
  await turn();
  socket.writes.length = 0;
  return { connection, socket, clock };
}

describe("Connection, a peer that reads slowly or not at all", () => {
  test("reads no more from a client that asks for more answers than it reads (B6)", async () => {
    const { connection, socket, clock } = await openServer({ limits });
    socket.room = 0;
    const pings = fromClient(...Array.from({ length: 1_000 }, () => ({ type: "$ping" }) as const));
    connection.receive(pings);
    expect(connection.queuedBytes).toBeGreaterThan(limits.softQueueBytes);
    expect(connection.queuedBytes).toBeLessThan(limits.softQueueBytes + 100);
    expect(socket.calls).toEqual(["pause"]);

    while (connection.stats.bufferedBytes > 0) {
      socket.room = 100;
      connection.drained();
      clock.advance(0);
    }
    expect(heardByClient(socket).length).toBe(1_000);
    expect(socket.calls.at(-1)).toBe("resume");
  });

  test("cuts a server that asks for more answers than it reads: two that do not read would wait for each other", () => {
    const clock = new FakeClock();
    const connection = clientConnection({}, { limits, clock });
    const socket = openSocket(connection, { room: 0 });
    const pings = fromServer(...Array.from({ length: 10 }, () => ({ type: "$ping" }) as const));
    for (let index = 0; index < 100; index += 1) {
      connection.receive(pings);
      clock.advance(0);
    }
    expect(connection.closeReason?.code).toBe("slow-consumer");
    expect(socket.calls).toEqual(["terminate"]);
  });

  test("cuts a peer that takes nothing for writeStallMs, however little waits (B4)", async () => {
    const { connection, socket, clock } = await openServer();
    socket.room = 0;
    connection.send(reply("little"));
    await turn();
    clock.advance(9_000);
    socket.room = 1;
    connection.drained();
    clock.advance(9_999);
    expect(connection.state).toBe("open");
    clock.advance(1);
    const queuedBytes = fromServer(reply("little")).length - 1;
    expect(connection.closeReason).toEqual({
      code: "write-timeout",
      message: `The peer took nothing for 10000 ms, ${queuedBytes} bytes wait for it`,
      origin: "local",
    });
    expect(socket.calls).toEqual(["terminate"]);
    expect(clock.pending).toBe(0);
  });

  test("waits for ever for a peer that is asked to take nothing (B4)", async () => {
    const { connection, clock } = await openServer();
    connection.send(reply("taken"));
    await turn();
    clock.advance(100_000);
    expect(connection.state).toBe("open");
  });

  test("cuts a peer that takes a byte now and then when softQueueMs are over, not before (B2)", async () => {
    const { connection, socket, clock } = await openServer({ limits });
    socket.room = 0;
    for (let index = 0; index < 3; index += 1) connection.send(reply("x".repeat(600)));
    await turn();
    // The first look that finds the queue too long is a second late at most.
    for (let second = 0; second < 60; second += 1) {
      expect(connection.state).toBe("open");
      socket.room = 1;
      connection.drained();
      clock.advance(1_000);
    }
    clock.advance(1_000);
    expect(connection.closeReason?.code).toBe("slow-consumer");
    expect(connection.closeReason?.message).toMatch(
      /^The peer does not keep up: for 60000 ms more than 1000 bytes have waited for it, now \d+$/,
    );
  });

  test("keeps a peer that stalls and catches up, and all it was sent, in order (B3)", async () => {
    const { connection, socket, clock } = await openServer({ limits });
    socket.room = 0;
    const messages = Array.from({ length: 5 }, (_, index) => reply(`${index}${"x".repeat(500)}`));
    for (const message of messages) connection.send(message);
    await turn();
    clock.advance(9_000);
    socket.room = Infinity;
    connection.drained();
    clock.advance(120_000);
    expect(connection.state).toBe("open");
    expect(heardByClient(socket)).toEqual(messages);
  });
});
