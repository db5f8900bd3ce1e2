import { describe, expect, test } from "bun:test";
import { FakeClock, pickSeed, resetByPeer, SeededRandom } from "@typewire/testkit";

import { type ConnectionLimits, createEndpoint, LiveConnection } from "../../src/index.ts";
import {
  type FromServer,
  fromServer,
  heardByClient,
  openSocket,
  serverConnection,
  talk,
  turn,
} from "../talk.ts";

const reply = (text: string) => ({ type: "reply", text }) as const;

/** An open server connection whose hello has left, and what it reports as undelivered. */
async function openServer({ limits = {} }: { limits?: Partial<ConnectionLimits> } = {}) {
  const clock = new FakeClock();
  const events: unknown[] = [];
  const connection = serverConnection(
    {},
    {
      clock,
      limits,
      observer: { onUndelivered: (_, messages) => void events.push(messages) },
      owner: { closed: (_, { code }) => void events.push(code) },
    },
  );
  const socket = openSocket(connection);
  await turn();
  socket.writes.length = 0;
  return { connection, socket, clock, events };
}

describe("Observer.onUndelivered", () => {
  test("gets what was sent in the turn in which the connection is lost, before closed", async () => {
    const { connection, events } = await openServer();
    connection.send(reply("one"));
    connection.sendFrame(talk.server.encodeFrame(reply("two")));
    connection.socketClosed(resetByPeer());
    expect(events).toEqual([[reply("one"), reply("two")], "connection-reset"]);
  });

  test("is not called where all was handed to the socket", async () => {
    const { connection, events } = await openServer();
    connection.send(reply("taken"));
    await turn();
    connection.socketClosed(resetByPeer());
    expect(events).toEqual(["connection-reset"]);
  });

  test("that throws is reported, and does not hold up the end", async () => {
    const reported: unknown[] = [];
    const connection = serverConnection(
      {},
      {
        observer: {
          onUndelivered() {
            throw new Error("no");
          },
          onHandlerError: (_, name) => void reported.push(name),
        },
        owner: { closed: (_, { code }) => void reported.push(code) },
      },
    );
    openSocket(connection);
    connection.send(reply("lost"));
    connection.destroy();
    expect(reported).toEqual(["onUndelivered", "done"]);
    expect(connection.queuedBytes).toBe(0);
  });

  test("leaves control messages out", async () => {
    const { connection, socket, events } = await openServer();
    socket.room = 0;
    void connection.close();
    await turn();
    connection.destroy();
    expect(events).toEqual(["done"]);
  });

  test("gets what the message was when it was sent", async () => {
    const { connection, events } = await openServer();
    const message = { type: "picture" as const, bytes: Uint8Array.of(1, 2, 3) };
    connection.send(message);
    message.bytes.fill(9);
    connection.destroy();
    expect(events[0]).toEqual([{ type: "picture", bytes: Uint8Array.of(1, 2, 3) }]);
  });

  test("gets what a peer that takes nothing has left, and what a close could not flush", async () => {
    for (const end of ["stall", "close"]) {
      const { connection, socket, clock, events } = await openServer();
      socket.room = 0;
      connection.send(reply("stuck"));
      if (end === "close") void connection.close();
      await turn();
      clock.advance(13_000);
      expect(events).toEqual([[reply("stuck")], end === "close" ? "done" : "write-timeout"]);
    }
  });

  test("gets exactly what the peer has not whole, wherever the line breaks (B9)", async () => {
    const messages = [reply("one"), reply("x".repeat(5_000)), reply(""), reply("four")];
    const lengths = messages.map((message) => fromServer(message).length);
    const total = lengths.reduce((sum, length) => sum + length, 0);
    for (let room = 0; room <= total; room += room < 200 || room > 5_000 ? 1 : 97) {
      const { connection, socket, events } = await openServer();
      socket.room = room;
      for (const [index, message] of messages.entries()) {
        if (index % 2 === 0) connection.send(message);
        else connection.sendFrame(talk.server.encodeFrame(message));
      }
      await turn();
      connection.socketClosed(resetByPeer());
      let delivered = 0;
      for (let bytes = lengths[0] ?? 0; bytes <= room; bytes += lengths[delivered] ?? Infinity) {
        delivered += 1;
      }
      const lost = messages.slice(delivered);
      expect(events).toEqual(lost.length === 0 ? ["connection-reset"] : [lost, "connection-reset"]);
    }
  });

  const seed = pickSeed();
  test(`with the delivered ones makes all, once and in order, seed ${seed}`, async () => {
    const random = new SeededRandom(seed);
    for (let round = 0; round < 50; round += 1) {
      const { connection, socket, events } = await openServer();
      socket.room = 0;
      const sent = Array.from({ length: random.integer(1, 60) }, (_, index) =>
        reply(`${index} ${"x".repeat(random.integer(0, 9_000))}`),
      );
      for (const message of sent) {
        if (random.integer(0, 1) === 0) connection.send(message);
        else connection.sendFrame(talk.server.encodeFrame(message));
        if (random.integer(0, 2) === 0) {
          socket.room = random.integer(0, 12_000);
          connection.drained();
        }
      }
      const partial = socket.written;
      connection.destroy();
      const undelivered = events.length === 2 ? (events[0] as FromServer[]) : [];
      const delivered = sent.slice(0, sent.length - undelivered.length);
      expect([...delivered, ...undelivered]).toEqual(sent);
      const whole = fromServer(...delivered);
      expect(partial.subarray(0, whole.length)).toEqual(whole);
      expect(heardByClient(socket)).toEqual(delivered);
    }
  });
});

describe("EndpointStats.messagesUndelivered", () => {
  test("counts them also where no observer asks for them", async () => {
    const endpoint = createEndpoint(talk, "server", {}, { clock: new FakeClock() });
    const connection = new LiveConnection(endpoint, "peer");
    openSocket(connection);
    connection.send(reply("one"));
    connection.send(reply("two"));
    connection.destroy();
    expect(endpoint.stats().messagesUndelivered).toBe(2);
  });
});
