import { describe, expect, test } from "bun:test";
import { encodeHeader } from "@typewire/protocol";
import { FakeClock, MemoryPair, resetByPeer } from "@typewire/testkit";

import type { CloseReason, Connection } from "../src/index.ts";
import {
  clientConnection,
  clientHello,
  fromClient,
  type FromServer,
  heardByClient,
  heardByServer,
  openSocket,
  serverConnection,
  type ServerSide,
  turn,
} from "./talk.ts";

const ask = (text: string) => ({ type: "ask", text }) as const;
const reply = (text: string) => ({ type: "reply", text }) as const;

/** An open server connection, with everything that happens to it at its end. */
function openServer(
  handlers: Parameters<typeof serverConnection>[0] = {},
  limits = {},
  onClose?: () => void,
) {
  const clock = new FakeClock();
  const reasons: CloseReason[] = [];
  const hooked: CloseReason[] = [];
  const connection = serverConnection(handlers, {
    clock,
    limits,
    observer: { onClose: onClose ?? ((_, reason) => void reasons.push(reason)) },
    owner: { closed: (_, reason) => void hooked.push(reason) },
  });
  const socket = openSocket(connection);
  return { connection, socket, clock, reasons, hooked };
}

describe("Connection.close", () => {
  test("sends all that was sent, then $bye, then ends its half and waits for the peer's", async () => {
    const { connection, socket, clock, reasons } = openServer();
    connection.send(reply("last words"));
    const closed = connection.close({ reason: "good night", retryAfterMs: 1_500 });
    expect(connection.state).toBe("draining");
    await turn();
    expect(heardByClient(socket).slice(1)).toEqual([
      reply("last words"),
      { type: "$bye", reason: "good night", retryAfterMs: 1_500 },
    ]);
    expect(socket.writes.length).toBe(1);
    expect(socket.calls).toEqual(["shutdown"]);
    expect(reasons).toEqual([]);

    connection.peerEnded();
    expect(socket.calls).toEqual(["shutdown", "end"]);
    expect(connection.state).toBe("closed");
    expect(await closed).toEqual({
      code: "done",
      message: "This side closed the connection: good night",
      origin: "local",
    });
    expect(clock.pending).toBe(0);
  });

  test("waits for a slow peer to take what was sent, whatever each write takes (B9)", async () => {
    for (const step of [1, 7, 100]) {
      const { connection, socket, clock } = openServer();
      socket.room = 0;
      for (let index = 0; index < 20; index += 1) connection.send(reply(`${index}`));
      void connection.close();
      await turn();
      while (connection.queuedBytes > 0) {
        // Slow, but never silent for as long as the limit.
        clock.advance(9_999);
        expect(socket.calls).toEqual([]);
        socket.room = step;
        connection.drained();
      }
      expect(heardByClient(socket).slice(1)).toEqual([
        ...Array.from({ length: 20 }, (_, index) => reply(`${index}`)),
        { type: "$bye", reason: "done" },
      ]);
      expect(socket.calls).toEqual(["shutdown"]);
    }
  });

  test("cuts a peer that takes nothing for writeStallMs while we drain", async () => {
    const { connection, socket, clock } = openServer();
    socket.room = 0;
    void connection.close();
    await turn();
    clock.advance(9_999);
    expect(connection.state).toBe("draining");
    clock.advance(1);
    expect(socket.calls).toEqual(["terminate"]);
    expect(connection.closeReason?.code).toBe("done");
    expect(connection.queuedBytes).toBe(0);
  });

  test("leaves a peer that does not end after lingerMs, without a reset", async () => {
    const { connection, socket, clock } = openServer();
    void connection.close();
    await turn();
    clock.advance(1_999);
    expect(socket.calls).toEqual(["shutdown"]);
    clock.advance(1);
    expect(socket.calls).toEqual(["shutdown", "end"]);
    expect(connection.state).toBe("closed");
    expect(clock.pending).toBe(0);
  });

  test("discards what comes after it, also the rest of the chunk (F12)", async () => {
    const seen: string[] = [];
    const { connection } = openServer({
      ask({ text }, self) {
        seen.push(text);
        void self.close();
      },
    });
    connection.receive(fromClient(ask("one"), ask("two")));
    connection.receive(fromClient(ask("three")));
    await turn();
    connection.receive(new TextEncoder().encode("no frame at all"));
    connection.receive(encodeHeader(100).subarray(0, 4));
    connection.peerEnded();
    expect(seen).toEqual(["one"]);
    expect(connection.closeReason?.code).toBe("done");
  });

  test("is idempotent: twice, inside a handler, with unsent data (L17)", async () => {
    const { connection, socket, reasons, hooked } = openServer({
      ask(_, self) {
        self.send(reply("unsent"));
        void self.close({ reason: "first" });
        void self.close({ reason: "second" });
      },
    });
    connection.receive(fromClient(ask("close")));
    const closed = [connection.close(), connection.close(), connection.closed];
    await turn();
    connection.peerEnded();
    connection.socketClosed();
    connection.socketClosed(new Error("again"));
    connection.destroy();
    void connection.close();
    await turn();
    expect(heardByClient(socket).slice(1)).toEqual([
      reply("unsent"),
      { type: "$bye", reason: "first" },
    ]);
    const codes = (await Promise.all(closed)).map(({ code }) => code);
    expect(codes).toEqual(["done", "done", "done"]);
    expect(reasons.length).toBe(1);
    expect(hooked).toEqual(reasons);
  });

  test("closes at once while it is connecting, without onClose (L17)", async () => {
    const codes: string[] = [];
    const client = clientConnection(
      {},
      { observer: { onClose: (_, { code }) => void codes.push(code) } },
    );
    expect((await client.close()).code).toBe("done");
    expect(client.state).toBe("closed");
    await turn();
    expect(codes).toEqual([]);
  });

  test("close refuses an option that is not known, and nothing ends", () => {
    const connection = serverConnection();
    openSocket(connection);
    const options: object = { reson: "good night" };
    expect(() => connection.close(options)).toThrow("reson: no such option; expected reason");
    expect(connection.state).toBe("open");
  });

  test.each([NaN, -1, 1.5, Infinity, 2 ** 31, "5", null])(
    "refuses a hint of %p milliseconds, and does not close",
    (retryAfterMs) => {
      const { connection } = openServer();
      expect(() => connection.close({ retryAfterMs: retryAfterMs as number })).toThrow(
        /^retryAfterMs: expected (whole )?milliseconds/,
      );
      expect(connection.state).toBe("open");
    },
  );

  test("says in $bye that coming back is of no use", async () => {
    const { connection, socket } = openServer();
    void connection.close({ reason: "the token is revoked", final: true });
    await turn();
    const bye = { type: "$bye", reason: "the token is revoked", final: true } as const;
    expect(heardByClient(socket).slice(1)).toEqual([bye]);
    connection.peerEnded();
  });

  test.each([{ final: true, retryAfterMs: 5 }, { final: "yes" }, { final: 1 }])(
    "refuses %p, and does not close",
    (options) => {
      const { connection } = openServer();
      expect(() => connection.close(options as object)).toThrow(/^final: expected /);
      expect(connection.state).toBe("open");
    },
  );
});

describe("Connection, the peer's half", () => {
  test("delivers replies that are queued when the peer ends its half (L5)", async () => {
    const { connection, socket, clock } = openServer({
      ask: ({ text }, self) => void self.send(reply(text)),
    });
    socket.room = 0;
    connection.receive(fromClient(ask("still there?")));
    connection.peerEnded();
    await turn();
    expect(connection.state).toBe("draining");
    socket.room = Infinity;
    connection.drained();
    expect(heardByClient(socket).at(-1)).toEqual(reply("still there?"));
    expect(socket.calls).toEqual(["end"]);
    expect(connection.closeReason).toEqual({
      code: "peer-closed",
      message: "The peer closed the connection",
      origin: "peer",
    });
    expect(clock.pending).toBe(0);
  });

  test("lets handlers that are under way still answer, and no others (L5)", async () => {
    const work = Promise.withResolvers<void>();
    let last: Connection<FromServer> | undefined;
    const { connection, socket } = openServer({
      async ask({ text }, self) {
        last = self;
        await work.promise;
        self.send(reply(text));
      },
    });
    connection.receive(fromClient(ask("slow")));
    connection.peerEnded();
    await turn();
    expect(connection.state).toBe("draining");
    expect(socket.calls).toEqual([]);
    work.resolve();
    await turn();
    expect(heardByClient(socket).at(-1)).toEqual(reply("slow"));
    expect(socket.calls).toEqual(["end"]);
    expect(last?.send(reply("too late"))).toBe(false);
    expect(last?.stats).toMatchObject({ messagesSent: 1, messagesUndelivered: 1 });
  });

  test("waits no longer than writeStallMs for a handler that does not settle", async () => {
    const { connection, socket, clock } = openServer({ ask: () => new Promise(() => {}) });
    connection.receive(fromClient(ask("for ever")));
    connection.peerEnded();
    await turn();
    clock.advance(9_999);
    expect(socket.calls).toEqual([]);
    clock.advance(1);
    expect(socket.calls).toEqual(["end"]);
    expect(connection.closeReason?.code).toBe("peer-closed");
    expect(clock.pending).toBe(0);
  });

  test("finishes its queue after the peer's $bye, and ignores what follows it (F12)", async () => {
    const seen: string[] = [];
    const { connection, socket } = openServer({ ask: ({ text }) => void seen.push(text) });
    connection.send(reply("one more"));
    connection.receive(fromClient({ type: "$bye", reason: "off" }, ask("after the goodbye")));
    await turn();
    expect(seen).toEqual([]);
    expect(heardByClient(socket).at(-1)).toEqual(reply("one more"));
    expect(socket.calls).toEqual(["shutdown"]);
    connection.peerEnded();
    expect(socket.calls).toEqual(["shutdown", "end"]);
  });

  test("sends $error to a peer that is itself in the middle of sending (B11)", async () => {
    const { connection, socket } = openServer();
    connection.receive(encodeHeader(8 * 1024 * 1024));
    for (let count = 0; count < 128; count += 1) connection.receive(new Uint8Array(64 * 1024));
    await turn();
    expect(heardByClient(socket).at(-1)).toMatchObject({ type: "$error", code: "frame-too-large" });
    expect(socket.calls).toEqual(["shutdown"]);
    connection.peerEnded();
    expect(socket.calls).toEqual(["shutdown", "end"]);
  });

  test("every position of a FIN is between two frames or in one (F4, F5)", () => {
    const bytes = fromClient(clientHello, ask("one"));
    const boundaries = new Set([0, fromClient(clientHello).length, bytes.length]);
    for (let position = 0; position <= bytes.length; position += 1) {
      const { connection } = openServer();
      connection.receive(bytes.subarray(0, position));
      connection.peerEnded();
      expect(connection.closeReason?.code).toBe(
        boundaries.has(position) ? "peer-closed" : "frame-truncated",
      );
    }
  });
});

describe("Connection.destroy", () => {
  test("drops what is queued and resets, once", async () => {
    const { connection, socket, reasons } = openServer();
    connection.send(reply("dropped"));
    connection.destroy("shutting-down", "Time is up");
    connection.destroy("internal");
    expect(connection.state).toBe("closed");
    expect(socket.writes).toEqual([]);
    expect(socket.calls).toEqual(["terminate"]);
    expect(connection.queuedBytes).toBe(0);
    await turn();
    expect(socket.writes).toEqual([]);
    expect(reasons).toEqual([{ code: "shutting-down", message: "Time is up", origin: "local" }]);
  });

  test("ends a close that has begun, and keeps its reason", async () => {
    const { connection, socket, clock } = openServer();
    const closed = connection.close({ reason: "in order" });
    connection.destroy("shutting-down");
    expect((await closed).code).toBe("done");
    expect(socket.calls).toEqual(["terminate"]);
    expect(clock.pending).toBe(0);
  });

  test("tells of the end after the code that is running, not from within it", async () => {
    const events: string[] = [];
    const { connection } = openServer({}, {}, () => void events.push("onClose"));
    connection.destroy();
    events.push("after destroy");
    await turn();
    expect(events).toEqual(["after destroy", "onClose"]);
  });
});

/** Every way to end, what it is recorded as, and how the socket is left. */
const ends: readonly [
  name: string,
  end: (connection: ServerSide) => void,
  code: string,
  origin: string,
  calls: readonly string[],
][] = [
  ["close()", (c) => void c.close(), "done", "local", ["shutdown", "end"]],
  ["destroy()", (c) => c.destroy(), "done", "local", ["terminate"]],
  ["the peer's FIN", (c) => c.peerEnded(), "peer-closed", "peer", ["end"]],
  [
    "the peer's $bye",
    (c) => c.receive(fromClient({ type: "$bye", reason: "x" })),
    "peer-closed",
    "peer",
    ["shutdown", "end"],
  ],
  [
    "the peer's $error",
    (c) => c.receive(fromClient({ type: "$error", code: "internal", message: "x" })),
    "internal",
    "peer",
    ["shutdown", "end"],
  ],
  [
    "a FIN in mid-frame",
    (c) => {
      c.receive(Uint8Array.of(0x31));
      c.peerEnded();
    },
    "frame-truncated",
    "local",
    ["end"],
  ],
  [
    "bytes that are no frame",
    (c) => c.receive(Uint8Array.of(0)),
    "header-invalid",
    "local",
    ["shutdown", "end"],
  ],
  [
    "another protocol",
    (c) => c.receive(fromClient({ ...clientHello, version: 9 })),
    "protocol-mismatch",
    "local",
    ["shutdown", "end"],
  ],
  [
    "a handler that throws",
    (c) => c.receive(fromClient(ask("throw"))),
    "internal",
    "local",
    ["shutdown", "end"],
  ],
  ["a reset", (c) => c.socketClosed(resetByPeer()), "connection-reset", "transport", []],
  [
    "a socket that closes in mid-frame",
    (c) => {
      c.receive(Uint8Array.of(0x31));
      c.socketClosed();
    },
    "frame-truncated",
    "local",
    [],
  ],
  ["a socket that closes between frames", (c) => c.socketClosed(), "peer-closed", "peer", []],
];

describe("Connection, every end", () => {
  test.each(ends)(
    "%s: one reason, once told, nothing held",
    async (_, end, code, origin, calls) => {
      const { connection, socket, clock, reasons, hooked } = openServer({
        ask() {
          throw new Error("no");
        },
      });
      const closed = connection.closed;
      end(connection);
      await turn();
      connection.peerEnded();
      await turn();
      // The owner of a socket hears of the close itself, too, and perhaps of a drain.
      connection.drained();
      connection.socketClosed();
      connection.receive(fromClient(ask("late")));
      await turn();

      expect(connection.state).toBe("closed");
      const reason = await closed;
      expect(reason).toMatchObject({ code, origin });
      expect(reason.message).toMatch(/^[A-Z][^\n]{10,}[^.]$/);
      expect(connection.closeReason).toBe(reason);
      expect(await connection.closed).toBe(reason);
      expect(reasons).toEqual([reason]);
      expect(hooked).toEqual([reason]);
      expect(socket.calls).toEqual([...calls] as typeof socket.calls);
      expect(clock.pending).toBe(0);
      expect(connection.queuedBytes).toBe(0);
    },
  );

  test("both ends close at the same time and lose nothing", async () => {
    const clock = new FakeClock();
    const heard: string[] = [];
    const server = serverConnection({ ask: ({ text }) => void heard.push(text) }, { clock });
    const client = clientConnection({ reply: ({ text }) => void heard.push(text) }, { clock });
    const pair = new MemoryPair(server, client, { mostPerWrite: 10 });
    await pair.settle();
    server.send(reply("from the server"));
    client.send(ask("from the client"));
    const reasons = [server.close(), client.close()];
    await pair.settle();
    expect((await Promise.all(reasons)).map(({ code }) => code)).toEqual(["done", "done"]);
    expect(clock.pending).toBe(0);
    // Each has said it all; each had stopped listening.
    expect(heardByClient(pair.left)).toContainEqual(reply("from the server"));
    expect(heardByServer(pair.right)).toContainEqual(ask("from the client"));
    expect(heard).toEqual([]);
  });
});
