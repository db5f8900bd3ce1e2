import { describe, expect, test } from "bun:test";
import { TypewireError } from "@typewire/protocol";
import { toDiagnostic } from "@typewire/protocol/internal";
import { concatenate, FakeClock } from "@typewire/testkit";

import {
  clientHello,
  fromClient,
  fromServer,
  heardByClient,
  openSocket,
  serverConnection,
  talk,
  turn,
} from "./talk.ts";

const reply = (text: string) => ({ type: "reply", text }) as const;
const limits = { softQueueBytes: 1_000, hardQueueBytes: 10_000 };

/** What `call` throws. */
function thrownBy(call: () => unknown): TypewireError {
  try {
    call();
  } catch (error) {
    if (error instanceof TypewireError) return error;
  }
  throw new Error("expected a TypewireError");
}

/** An open server connection whose hello has left. */
async function openServer(options: Parameters<typeof serverConnection>[1] = {}) {
  const connection = serverConnection({}, options);
  const socket = openSocket(connection);
  await turn();
  socket.writes.length = 0;
  return { connection, socket };
}

describe("Connection.send", () => {
  test("writes all that one turn sends with one write, frames and messages in order", async () => {
    const { connection, socket } = await openServer();
    const frame = fromServer(reply("shared"));
    for (let index = 0; index < 100; index += 1) {
      connection.send(reply(`${index}`));
      connection.sendFrame(frame);
    }
    expect(socket.writes).toEqual([]);
    await turn();
    expect(socket.writes.length).toBe(1);
    const expected = Array.from({ length: 100 }, (_, index) => [
      reply(`${index}`),
      reply("shared"),
    ]);
    expect(heardByClient(socket)).toEqual(expected.flat());
  });

  test("writes at once when much is queued within one turn", async () => {
    const { connection, socket } = await openServer();
    const text = "x".repeat(1_000);
    for (let index = 0; index < 17; index += 1) connection.send(reply(text));
    expect(socket.writes.length).toBe(1);
    expect(socket.writes[0]?.length).toBeGreaterThanOrEqual(16 * 1024);
    await turn();
    expect(heardByClient(socket).length).toBe(17);
  });

  test("writes nothing while the socket is full, and everything once it is drained", async () => {
    const { connection, socket } = await openServer();
    socket.room = 0;
    connection.send(reply("one"));
    await turn();
    connection.send(reply("two"));
    await turn();
    expect(socket.written.length).toBe(0);
    expect(connection.queuedBytes).toBe(fromServer(reply("one"), reply("two")).length);

    socket.room = Infinity;
    connection.drained();
    expect(heardByClient(socket)).toEqual([reply("one"), reply("two")]);
    expect(connection.queuedBytes).toBe(0);
  });

  test("takes a drain with nothing queued for what it is (B10)", async () => {
    const { connection, socket } = await openServer();
    connection.drained();
    connection.drained();
    expect(socket.writes).toEqual([]);
    expect(connection.state).toBe("open");
  });

  test("ends when the socket says it is closed (B10)", async () => {
    const { connection, socket } = await openServer();
    socket.write = () => -1;
    connection.send(reply("into the void"));
    await turn();
    expect(connection.closeReason).toEqual({
      code: "connection-reset",
      message: "The connection was lost",
      origin: "transport",
    });
    connection.socketClosed(new Error("again"));
    expect((await connection.closed).message).toBe("The connection was lost");
  });

  test("ends when the socket throws", async () => {
    const { connection, socket } = await openServer();
    socket.write = () => {
      throw new TypeError("bad socket");
    };
    connection.send(reply("x"));
    await turn();
    expect(connection.closeReason?.message).toBe("The connection was lost: TypeError: bad socket");
  });

  test("throws for a message that is not valid, and the stream stays in step (F16, S12)", async () => {
    const { connection, socket } = await openServer();
    const bad: readonly unknown[] = [
      { type: "reply" },
      { type: "reply", text: 5 },
      { type: "reply", text: "\ud800" },
      { type: "ask", text: "not for a server to say" },
      { type: "nobody knows" },
      { type: "$bye", reason: "not for a user to say" },
      { type: "toString" },
      {
        type: "reply",
        get text() {
          throw new TypewireError("schema-mismatch", "a getter that throws");
        },
      },
      null,
      undefined,
      5,
    ];
    for (const message of bad) {
      connection.send(reply("before"));
      const error = thrownBy(() => connection.send(message as never));
      expect(["schema-mismatch", "unknown-type"]).toContain(error.code);
    }
    await turn();
    expect(heardByClient(socket)).toEqual(bad.map(() => reply("before")));
    expect(connection.state).toBe("open");
  });

  test("refuses what exceeds the peer's announced limit, before a byte leaves (F15)", async () => {
    const { connection, socket } = await openServer();
    connection.receive(fromClient({ ...clientHello, maxFrameBytes: 100 }));
    const overhead = talk.server.encode(reply("")).length;
    // Text of 24 to 255 bytes has one more byte of length.
    const atLimit = reply("x".repeat(100 - overhead - 1));
    const oneOver = reply("x".repeat(100 - overhead));
    expect(talk.server.encode(atLimit).length).toBe(100);

    expect(thrownBy(() => connection.send(oneOver)).code).toBe("frame-too-large");
    expect(thrownBy(() => connection.sendFrame(fromServer(oneOver))).code).toBe("frame-too-large");
    expect(connection.queuedBytes).toBe(0);
    expect(connection.stats).toMatchObject({ messagesSent: 0, messagesUndelivered: 2 });
    connection.send(atLimit);
    connection.sendFrame(fromServer(atLimit));
    await turn();
    expect(heardByClient(socket)).toEqual([atLimit, atLimit]);
  });

  test("tells the observer the message and its frame", async () => {
    const seen: [unknown, Uint8Array][] = [];
    const { connection } = await openServer({
      observer: {
        onSent: (_, message, bytes, start, end) =>
          void seen.push([message, bytes.slice(start, end)]),
      },
    });
    const frame = fromServer(reply("broadcast"));
    connection.send(reply("one"));
    connection.send(reply("two"));
    connection.sendFrame(frame, reply("broadcast"));
    connection.sendFrame(frame);
    expect(seen).toEqual([
      [reply("one"), fromServer(reply("one"))],
      [reply("two"), fromServer(reply("two"))],
      [reply("broadcast"), frame],
    ]);
  });
});

describe("Connection, a slow peer", () => {
  test("reports pressure above the soft limit, not at it", async () => {
    const frame = fromServer(reply("x".repeat(400)));
    const { connection, socket } = await openServer({
      limits: { ...limits, softQueueBytes: 2 * frame.length },
    });
    socket.room = 0;
    expect(connection.sendFrame(frame)).toBe(true);
    expect(connection.sendFrame(frame)).toBe(true);
    expect(connection.sendFrame(frame)).toBe(false);
  });

  test("resolves ready when the queue is at the soft limit again", async () => {
    const { connection, socket } = await openServer({ limits });
    socket.room = 0;
    await connection.ready();
    expect(connection.send(reply("x".repeat(2_000)))).toBe(false);
    let isReady = false;
    const ready = connection.ready().then(() => {
      isReady = true;
    });
    socket.room = connection.queuedBytes - limits.softQueueBytes - 1;
    connection.drained();
    await turn();
    expect(isReady).toBe(false);
    socket.room = 1;
    connection.drained();
    await ready;
    expect(connection.queuedBytes).toBe(limits.softQueueBytes);
  });

  test("gives up waiting at timeoutMs or when the signal says so, and goes on", async () => {
    const clock = new FakeClock();
    const connection = serverConnection({}, { clock, limits: { softQueueBytes: 100 } });
    const socket = openSocket(connection, { room: 0 });
    connection.send({ type: "reply", text: "x".repeat(200) });
    await turn();
    const controller = new AbortController();
    const late = connection.ready({ timeoutMs: 50 }).catch((error: unknown) => error);
    const aborted = connection
      .ready({ signal: controller.signal })
      .catch((error: unknown) => error);
    controller.abort(new RangeError("enough"));
    clock.advance(50);
    expect(await late).toMatchObject({ code: "deadline-exceeded" });
    expect(await aborted).toEqual(new RangeError("enough"));
    void connection.ready({ timeoutMs: 0 });
    expect(connection.state).toBe("open");

    const inTime = connection.ready({ timeoutMs: 50 });
    socket.room = Infinity;
    connection.drained();
    expect(await inTime).toBeUndefined();
  });

  test("rejects ready when the connection ends, whether the program waits or not", async () => {
    const { connection, socket } = await openServer({ limits });
    socket.room = 0;
    connection.send(reply("x".repeat(2_000)));
    void connection.ready();
    const ready = connection.ready();
    connection.destroy();
    void connection.ready();
    const expected = {
      code: "connection-closed",
      message: expect.stringContaining("wait for room"),
    };
    expect(await ready.catch((error: unknown) => error)).toMatchObject(expected);
    expect(await connection.ready().catch((error: unknown) => error)).toMatchObject(expected);
  });

  test("cuts a peer as slow-consumer one byte above the hard limit, not at it (B1)", async () => {
    const frame = fromServer(reply("x".repeat(900)));
    const atLimit = { softQueueBytes: 1_000, hardQueueBytes: 4 * frame.length };
    const clock = new FakeClock();
    const { connection, socket } = await openServer({ limits: atLimit, clock });
    socket.room = 0;
    // The largest burst of one turn does not count.
    for (let index = 0; index < 3; index += 1) connection.sendFrame(frame);
    for (let index = 0; index < 4; index += 1) {
      clock.advance(0);
      connection.sendFrame(frame);
    }
    expect(connection.state).toBe("open");
    clock.advance(0);
    expect(connection.sendFrame(frame)).toBe(false);
    expect(connection.state).toBe("draining");
    clock.advance(2_000);
    expect(socket.calls).toEqual(["terminate"]);
    expect(connection.queuedBytes).toBe(0);
    expect(connection.closeReason).toEqual({
      code: "slow-consumer",
      message: `The peer does not keep up: ${8 * frame.length} bytes wait for it, limit ${4 * frame.length}`,
      origin: "local",
    });
  });

  test("lets one message exceed every queue limit, and small ones follow it", async () => {
    const { connection, socket } = await openServer({ limits });
    const picture = { type: "picture", bytes: new Uint8Array(1_000_000).fill(7) } as const;
    socket.room = 50_000;
    expect(connection.send(picture)).toBe(false);
    expect(connection.send(reply("after it"))).toBe(false);
    await turn();
    while (connection.queuedBytes > 0) {
      socket.room = 50_000;
      connection.drained();
    }
    expect(heardByClient(socket)).toEqual([picture, reply("after it")]);
  });
});

describe("Connection.sendFrame", () => {
  test("shares a large frame between connections, without a copy", async () => {
    const offered: Uint8Array[] = [];
    const frame = talk.server.encodeFrame(reply("broadcast ".repeat(1_000)));
    for (let index = 0; index < 3; index += 1) {
      const { connection, socket } = await openServer();
      socket.write = (bytes) => offered.push(bytes) && bytes.length;
      connection.sendFrame(frame);
      await turn();
    }
    expect(offered.map(({ buffer }) => buffer === frame.buffer)).toEqual([true, true, true]);
  });

  test("leaves a shared frame as it was", async () => {
    const frame = talk.server.encodeFrame(reply("shared"));
    const before = toDiagnostic(frame.slice(10));
    const { connection, socket } = await openServer();
    socket.room = 5;
    connection.sendFrame(frame);
    connection.send(reply("with company"));
    await turn();
    socket.room = Infinity;
    connection.drained();
    expect(toDiagnostic(frame.slice(10))).toBe(before);
    expect(socket.written).toEqual(concatenate([frame, fromServer(reply("with company"))]));
  });
});
