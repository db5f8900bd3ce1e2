import { describe, expect, test } from "bun:test";
import {
  byteByByte,
  FakeClock,
  inPiecesOf,
  MemorySocket,
  pickSeed,
  randomly,
  resetByPeer,
  SeededRandom,
} from "@typewire/testkit";

import { type ConnectionLimits, createEndpoint, LiveConnection } from "../src/index.ts";
import {
  fromClient,
  heardByClient,
  openSocket,
  serverConnection,
  type ServerSide,
  talk,
  turn,
} from "./talk.ts";

const ask = (text: string) => ({ type: "ask", text }) as const;
const reply = (text: string) => ({ type: "reply", text }) as const;
/** More than a held connection keeps. */
const LONG = "x".repeat(20_000);
const asks = (count: number) => Array.from({ length: count }, (_, index) => ask(`${index}`));
const numbers = (count: number) => Array.from({ length: count }, (_, index) => `${index}`);

/** An open server connection that remembers what it was asked. */
function openServer(limits: Partial<ConnectionLimits> = {}) {
  const clock = new FakeClock();
  const texts: string[] = [];
  const connection = serverConnection(
    { ask: ({ text }) => void texts.push(text) },
    { clock, limits },
  );
  return { connection, socket: openSocket(connection), clock, texts };
}

/** A server connection whose handlers settle when the test says so. */
function openWorking(limits: Partial<ConnectionLimits> = {}) {
  const clock = new FakeClock();
  const work: { readonly text: string; readonly done: () => void }[] = [];
  const connection = serverConnection(
    {
      ask({ text }, self) {
        const { promise, resolve } = Promise.withResolvers<void>();
        work.push({ text, done: resolve });
        return promise.then(() => void self.send(reply(text)));
      },
    },
    { clock, limits },
  );
  const socket = openSocket(connection);
  const finish = async (count: number): Promise<void> => {
    for (const { done } of work.splice(0, count)) done();
    await turn();
    clock.advance(0);
    await turn();
  };
  return { connection, socket, clock, work, finish };
}

describe("messagesPerTurn", () => {
  test("handles that many in one turn, and the rest in later ones, the socket paused (F8)", async () => {
    const { connection, socket, clock, texts } = openServer({ messagesPerTurn: 10 });
    await turn();
    connection.receive(fromClient(...asks(25)));
    expect(texts.length).toBe(10);
    expect(socket.calls).toEqual(["pause"]);
    expect(connection.stats.bufferedBytes).toBe(fromClient(...asks(25).slice(10)).length);
    clock.advance(0);
    expect(texts).toEqual(numbers(25));
    expect(socket.calls).toEqual(["pause", "resume"]);
    expect(connection.stats.bufferedBytes).toBe(0);
  });

  test("does not pause for exactly that many", () => {
    const { connection, socket, texts } = openServer({ messagesPerTurn: 10 });
    connection.receive(fromClient(...asks(10)));
    expect(texts.length).toBe(10);
    expect(socket.calls).toEqual([]);
  });

  test("is as many however the messages are cut into chunks, and none once it is paused", () => {
    const { connection, clock, texts } = openServer({ messagesPerTurn: 10 });
    connection.pause();
    for (const each of asks(25)) connection.receive(fromClient(each));
    connection.resume();
    while (texts.length < 25) {
      clock.advance(0);
    }
    expect(texts).toEqual(numbers(25));

    const pausing = serverConnection(
      {
        ask({ text }, self) {
          texts.push(text);
          self.pause();
        },
      },
      { clock },
    );
    openSocket(pausing);
    pausing.pause();
    for (const each of asks(3)) pausing.receive(fromClient(each));
    pausing.resume();
    clock.advance(0);
    expect(texts).toEqual([...numbers(25), "0"]);
  });

  test("counts control messages and refused ones too", async () => {
    const { connection, socket, clock } = openServer({ messagesPerTurn: 10 });
    const pings = Array.from({ length: 15 }, (_, id) => ({ type: "$ping", id }) as const);
    connection.receive(fromClient(...pings));
    await turn();
    expect(heardByClient(socket).length).toBe(1 + 10);
    clock.advance(0);
    await turn();
    expect(heardByClient(socket).length).toBe(1 + 15);
  });

  test("is over sooner when the handlers take long", () => {
    const clock = new FakeClock();
    let handled = 0;
    const connection = serverConnection(
      {
        ask() {
          handled += 1;
          clock.pass(1);
        },
      },
      { clock },
    );
    openSocket(connection);
    connection.receive(fromClient(...asks(1_000)));
    expect(handled).toBeLessThanOrEqual(64);
  });

  test("is over after one frame that takes long, however few there were", () => {
    const clock = new FakeClock();
    let handled = 0;
    const connection = serverConnection(
      {
        ask() {
          handled += 1;
          clock.pass(10);
        },
      },
      { clock },
    );
    openSocket(connection);
    connection.receive(
      fromClient(...Array<ReturnType<typeof ask>>(10).fill(ask("x".repeat(100_000)))),
    );
    expect(handled).toBe(1);
    for (let turns = 2; turns <= 10; turns += 1) {
      clock.advance(0);
      expect(handled).toBe(turns);
    }
  });

  test("is over by bytes as well as by frames, once time has passed", () => {
    const clock = new FakeClock();
    let handled = 0;
    const connection = serverConnection(
      {
        ask() {
          handled += 1;
          clock.pass(2);
        },
      },
      { clock },
    );
    openSocket(connection);
    connection.receive(
      fromClient(...Array<ReturnType<typeof ask>>(32).fill(ask("x".repeat(8_000)))),
    );
    expect(handled).toBeLessThanOrEqual(8);
  });

  test("serves a client that says little at once while others flood, and shares the rest (F8)", () => {
    const clock = new FakeClock();
    const turns: string[] = [];
    const endpoint = createEndpoint(
      talk,
      "server",
      {
        ask: (_, { name }) => {
          if (turns.at(-1) !== name) turns.push(name);
        },
      },
      { clock, limits: { messagesPerTurn: 100 } },
    );
    const [first, second, quiet] = ["first", "second", "quiet"].map((name) => {
      const connection = new LiveConnection(endpoint, name);
      openSocket(connection);
      return connection;
    }) as [ServerSide, ServerSide, ServerSide];
    const flood = fromClient(...asks(250));
    first.receive(flood);
    second.receive(flood);
    quiet.receive(fromClient(ask("hello?")));
    clock.advance(0);
    expect(turns).toEqual(["first", "second", "quiet", "first", "second", "first", "second"]);
  });

  const seed = pickSeed();
  test(`loses and turns round nothing, however the bytes are cut, seed ${seed} (F6)`, () => {
    const random = new SeededRandom(seed);
    for (const cut of [byteByByte, inPiecesOf(7), randomly(random, 100), randomly(random, 2_000)]) {
      const { connection, socket, clock, texts } = openServer({ messagesPerTurn: 3 });
      for (const chunk of cut(fromClient(...asks(200)))) {
        // Some of what is on its way still comes after a pause.
        connection.receive(chunk);
        if (random.integer(0, 3) === 0) clock.advance(0);
      }
      clock.advance(0);
      expect(texts).toEqual(numbers(200));
      expect(socket.calls.at(-1)).not.toBe("pause");
    }
  });

  test("hears of the peer's end after all that came before it", async () => {
    const { connection, socket, clock, texts } = openServer({ messagesPerTurn: 10 });
    connection.receive(fromClient(...asks(25)));
    connection.peerEnded();
    expect(connection.state).toBe("open");
    clock.advance(0);
    expect(texts.length).toBe(25);
    expect(connection.closeReason?.code).toBe("peer-closed");
    await turn();
    expect(socket.calls).toEqual(["pause", "resume", "end"]);
  });

  test("does not hold when the socket has closed in order: all that came is handed out", () => {
    const { connection, texts } = openServer({ messagesPerTurn: 10 });
    connection.receive(fromClient(...asks(25)));
    connection.socketClosed();
    expect(texts.length).toBe(25);
    expect(connection.closeReason?.code).toBe("peer-closed");
  });

  test("hands out nothing more after a reset, an end, or an error", () => {
    for (const end of [
      (connection: ServerSide) => connection.socketClosed(resetByPeer()),
      (connection: ServerSide) => connection.destroy(),
      (connection: ServerSide) => void connection.close(),
    ]) {
      const { connection, clock, texts } = openServer({ messagesPerTurn: 10 });
      connection.receive(fromClient(...asks(25)));
      end(connection);
      clock.advance(0);
      expect(texts.length).toBe(10);
      expect(connection.stats.bufferedBytes - connection.queuedBytes).toBe(0);
    }
  });
});

describe("handlersInFlight", () => {
  test("stops reading at that many, and goes on when less than half are left (L15)", async () => {
    const { connection, socket, work, finish } = openWorking({ handlersInFlight: 4 });
    connection.receive(fromClient(...asks(3)));
    expect(socket.calls).toEqual([]);
    connection.receive(fromClient(...asks(10).slice(3)));
    expect(connection.stats.handlersInFlight).toBe(4);
    expect(socket.calls).toEqual([]);
    connection.receive(fromClient(ask(LONG)));
    expect(socket.calls).toEqual(["pause"]);
    await finish(2);
    expect(work.length).toBe(2);
    await finish(1);
    // One was left, and three more make four.
    expect(work.map(({ text }) => text)).toEqual(["3", "4", "5", "6"]);
    await finish(10);
    await finish(10);
    expect(connection.stats).toMatchObject({ handlersInFlight: 0, messagesReceived: 11 });
    expect(socket.calls.at(-1)).toBe("resume");
    expect(heardByClient(socket).slice(1)).toEqual([...numbers(10), LONG].map(reply));
  });

  test("ends a connection where none settles for handlersStallMs (S13)", async () => {
    const { connection, socket, clock, finish } = openWorking({ handlersInFlight: 4 });
    connection.receive(fromClient(...asks(4), ask(LONG)));
    clock.advance(59_000);
    await finish(1);
    clock.advance(60_000);
    expect(connection.state).toBe("open");
    clock.advance(500);
    expect(connection.closeReason).toEqual({
      code: "internal",
      message:
        "The server failed to handle messages: none of 3 handlers under way has ended for 60000 ms",
      origin: "local",
    });
    await turn();
    expect(heardByClient(socket).at(-1)).toEqual({
      type: "$error",
      code: "internal",
      message: "The server failed to handle messages",
    });
    // A socket that is paused does not see the peer's end.
    expect(socket.calls).toEqual(["pause", "resume", "shutdown"]);
  });

  test("lets fewer take as long as they like", () => {
    const { connection, clock } = openWorking({ handlersInFlight: 4 });
    connection.receive(fromClient(...asks(3)));
    clock.advance(1_000_000);
    expect(connection.state).toBe("open");
  });
});

describe("Connection.pause", () => {
  test("hands out nothing more, not of the same chunk either, until resume", () => {
    const clock = new FakeClock();
    const texts: string[] = [];
    const connection = serverConnection(
      {
        ask({ text }, self) {
          texts.push(text);
          if (text === "1") self.pause();
        },
      },
      { clock },
    );
    const socket = openSocket(connection);
    connection.receive(fromClient(...asks(4)));
    clock.advance(500_000);
    expect(texts).toEqual(["0", "1"]);
    expect(socket.calls).toEqual([]);
    connection.resume();
    clock.advance(0);
    expect(texts).toEqual(["0", "1", "2", "3"]);
    expect(connection.state).toBe("open");
  });

  test("reads on until 16 KiB are kept, then rests, so that the peer feels it", () => {
    const { connection, socket, clock, texts } = openServer();
    connection.pause();
    const said = fromClient(ask("x".repeat(1_000)));
    let kept = 0;
    while (!socket.calls.includes("pause")) {
      connection.receive(said);
      kept += 1;
    }
    expect(kept * said.length).toBeLessThanOrEqual(16 * 1024 + said.length);
    expect(kept * said.length).toBeGreaterThan(8 * 1024);
    expect(texts).toEqual([]);
    connection.resume();
    clock.advance(0);
    expect(texts.length).toBe(kept);
    expect(socket.calls).toEqual(["pause", "resume"]);
  });

  test("counts single bytes as what they take in memory", () => {
    const { connection, socket } = openServer();
    connection.pause();
    for (let count = 0; count < 200 && socket.calls.length === 0; count += 1) {
      connection.receive(Uint8Array.of(0x20));
    }
    expect(socket.calls).toEqual(["pause"]);
  });

  test("hears that the peer has ended, where nothing waits", () => {
    const { connection } = openServer();
    connection.pause();
    connection.peerEnded();
    expect(connection.closeReason?.code).toBe("peer-closed");
  });

  test("holds from the beginning when it is called before there is a socket", () => {
    const connection = serverConnection();
    connection.pause();
    const socket = new MemorySocket();
    connection.opened(socket);
    connection.receive(fromClient(ask(LONG)));
    expect(socket.calls).toEqual(["pause"]);
    expect(connection.stats.messagesReceived).toBe(0);
    connection.resume();
    expect(connection.stats.messagesReceived).toBe(0);
  });

  test("ends with the connection, so that the peer's end is seen", async () => {
    const { connection, socket } = openServer();
    connection.pause();
    connection.receive(fromClient(ask(LONG)));
    void connection.close();
    connection.pause();
    await turn();
    expect(socket.calls).toEqual(["pause", "resume", "shutdown"]);
  });
});

describe("Connection.close, after handlers", () => {
  test("lets handlers under way answer before $bye, and starts no others (P2)", async () => {
    const { connection, socket, work, finish } = openWorking();
    connection.receive(fromClient(ask("under way")));
    const closed = connection.close({ reason: "off", afterHandlers: true });
    connection.receive(fromClient(ask("too late")));
    expect(work.length).toBe(1);
    expect(connection.state).toBe("open");
    await finish(1);
    expect(heardByClient(socket).slice(1)).toEqual([
      reply("under way"),
      { type: "$bye", reason: "off" },
    ]);
    expect(work).toEqual([]);
    connection.peerEnded();
    expect((await closed).code).toBe("done");
  });

  test("is an ordinary close when none is under way", async () => {
    const { connection, socket } = openServer();
    void connection.close({ afterHandlers: true });
    await turn();
    expect(heardByClient(socket).at(-1)).toEqual({ type: "$bye", reason: "done" });
  });

  test("waits no longer than handlersStallMs for one that never settles", () => {
    const { connection, clock } = openWorking({ handlersStallMs: 1_000 });
    connection.receive(fromClient(ask("for ever")));
    void connection.close({ afterHandlers: true });
    clock.advance(1_000);
    expect(connection.state).toBe("open");
    clock.advance(250);
    expect(connection.closeReason?.code).toBe("done");
  });

  test("waits no longer when it is closed again without waiting", () => {
    const { connection } = openWorking();
    connection.receive(fromClient(ask("for ever")));
    void connection.close({ afterHandlers: true });
    void connection.close({ reason: "now" });
    expect(connection.closeReason?.message).toBe("This side closed the connection: now");
  });
});
