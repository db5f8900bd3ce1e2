import { describe, expect, test } from "bun:test";
import { FakeClock } from "@typewire/testkit";

import {
  clientConnection,
  fromClient,
  fromServer,
  heardByClient,
  openSocket,
  serverConnection,
  turn,
} from "./talk.ts";

const ask = (text: string) => ({ type: "ask", text }) as const;
const reply = (text: string) => ({ type: "reply", text }) as const;
const limits = { softQueueBytes: 1_000, hardQueueBytes: 10_000 };

/** An open server connection whose hello has left. */
async function openServer(options: Parameters<typeof serverConnection>[1] = {}) {
  const clock = new FakeClock();
  const connection = serverConnection({}, { clock, ...options });
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
    clock.advance(2_000);
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
    expect(socket.calls).toEqual([]);
    clock.advance(2_000);
    expect(socket.calls).toEqual(["terminate"]);
    expect(clock.pending).toBe(0);
  });

  test("waits peerRestMs for a peer that takes nothing and says that it lives, and no longer", async () => {
    const { connection, socket, clock } = await openServer();
    socket.room = 0;
    connection.send(reply("little"));
    await turn();
    for (let second = 0; second < 115; second += 3) {
      clock.advance(3_000);
      connection.receive(fromClient({ type: "$ping" }));
      expect(connection.state).toBe("open");
    }
    clock.advance(3_500);
    expect(connection.closeReason).toMatchObject({
      code: "write-timeout",
      message: expect.stringContaining("took nothing for 120000 ms"),
    });
  });

  test("waits writeStallMs from the last that was heard of it", async () => {
    const { connection, socket, clock } = await openServer();
    socket.room = 0;
    connection.send(reply("little"));
    await turn();
    clock.advance(8_000);
    connection.receive(fromClient({ type: "$ping" }));
    clock.advance(10_000);
    expect(connection.state).toBe("open");
    clock.advance(500);
    expect(connection.closeReason?.code).toBe("write-timeout");
  });

  test("tells a peer that is cut: the frame that has begun still leaves, and an $error, and nothing else", async () => {
    const begun = fromServer(reply("b".repeat(600)));
    for (const room of [0, 1, 9, 10, 11, begun.length - 1, begun.length]) {
      const undelivered: string[] = [];
      const { connection, socket, clock } = await openServer({
        limits,
        observer: {
          onUndelivered: (_, messages) => {
            for (const message of messages) if ("text" in message) undelivered.push(message.text);
          },
        },
      });
      socket.room = room;
      connection.send(reply("b".repeat(600)));
      await turn();
      for (let index = 0; connection.state === "open" && index < 100; index += 1) {
        connection.send(reply(`${index} ${"x".repeat(600)}`));
        await turn();
        clock.advance(0);
      }
      expect(connection.closeReason?.code).toBe("slow-consumer");
      expect(connection.send(reply("too late"))).toBe(false);
      socket.room = Infinity;
      connection.drained();
      await turn();
      const heard = heardByClient(socket);
      expect(heard.map(({ type }) => type)).toEqual(room === 0 ? ["$error"] : ["reply", "$error"]);
      expect(heard.at(-1)).toEqual({
        type: "$error",
        code: "slow-consumer",
        message: connection.closeReason?.message ?? "",
      });
      expect(socket.calls).toEqual(["shutdown"]);
      connection.peerEnded();
      expect(socket.calls).toEqual(["shutdown", "end"]);
      expect(undelivered.length).toBeGreaterThan(10);
      expect(undelivered.some((text) => text.startsWith("b"))).toBe(room === 0);
      expect(clock.pending).toBe(0);
    }
  });

  test("takes a cut peer's last frame a byte at a time, for lingerMs", async () => {
    const { connection, socket, clock } = await openServer({ limits });
    socket.room = 0;
    for (let count = 0; connection.state === "open" && count < 100; count += 1) {
      connection.send(reply("x".repeat(600)));
      await turn();
      clock.advance(0);
    }
    for (let look = 0; look < 6; look += 1) {
      clock.advance(250);
      socket.room = 1;
      connection.drained();
    }
    expect(connection.state).toBe("draining");
    clock.advance(500);
    expect(connection.state).toBe("closed");
    expect(socket.calls).toEqual(["terminate"]);
  });

  test("hears a client that does not read, so that it can ask for less", async () => {
    const clock = new FakeClock();
    const asked: string[] = [];
    let isStreaming = true;
    const connection = serverConnection(
      {
        async ask({ text }, self) {
          asked.push(text);
          if (text === "stop") {
            isStreaming = false;
            return;
          }
          while (isStreaming && self.state === "open") {
            self.send(reply("x".repeat(500)));
            await self.ready();
          }
        },
      },
      { clock, limits },
    );
    const socket = openSocket(connection, { room: 10_000 });
    connection.receive(fromClient(ask("everything")));
    for (let count = 0; count < 50; count += 1) await Promise.resolve();
    await turn();
    expect(connection.queuedBytes).toBeGreaterThan(limits.softQueueBytes);
    connection.receive(fromClient(ask("stop")));
    expect(asked).toEqual(["everything"]);
    clock.advance(1_000);
    expect(asked).toEqual(["everything", "stop"]);
    expect(isStreaming).toBe(false);
    expect(connection.state).toBe("open");
    expect(socket.calls).toEqual([]);
  });

  test("does not let a client that does not read bring its queue to the hard limit by asking", async () => {
    const clock = new FakeClock();
    const connection = serverConnection(
      { ask: (_, self) => void self.send(reply("x".repeat(900))) },
      { clock, limits },
    );
    openSocket(connection, { room: 200 });
    await turn();
    for (let count = 0; count < 100; count += 1) connection.receive(fromClient(ask("more")));
    for (let second = 0; second < 9; second += 1) {
      clock.advance(1_000);
      connection.receive(fromClient(ask("more")));
    }
    expect(connection.closeReason).toBeUndefined();
    expect(connection.queuedBytes).toBeLessThan(limits.hardQueueBytes - 2_000);
    expect(connection.stats.messagesReceived).toBeLessThan(10);
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
    for (let second = 0; second < 120; second += 1) {
      expect(connection.state).toBe("open");
      socket.room = 1;
      connection.drained();
      clock.advance(1_000);
    }
    clock.advance(1_000);
    expect(connection.closeReason?.code).toBe("slow-consumer");
    expect(connection.closeReason?.message).toMatch(
      /^The peer does not keep up: for 120000 ms more than 1000 bytes have waited for it, now \d+$/,
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
