import { describe, expect, test } from "bun:test";
import type { Hello } from "@typewire/protocol";
import {
  byteByByte,
  everyPairOfCuts,
  FakeClock,
  MemoryPair,
  MemorySocket,
  pickSeed,
  randomly,
  SeededRandom,
} from "@typewire/testkit";

import {
  clientConnection,
  clientHello,
  fromClient,
  fromServer,
  heardByClient,
  openSocket,
  serverConnection,
  serverHello,
  talk,
  turn,
} from "./talk.ts";

const ask = (text: string) => ({ type: "ask", text }) as const;
const reply = (text: string) => ({ type: "reply", text }) as const;

describe("Connection, opening", () => {
  test("says hello first, whatever is sent before and in onOpen", async () => {
    const server = serverConnection(
      {},
      {
        observer: {
          onOpen(connection) {
            connection.send(reply("from onOpen"));
          },
        },
      },
    );
    server.send(reply("before there was a socket"));
    const socket = openSocket(server);
    await turn();
    expect(heardByClient(socket)).toEqual([
      {
        type: "$hello",
        protocol: "talk",
        version: 1,
        fingerprint: talk.fingerprint,
        maxFrameBytes: 1_048_576,
        heartbeatIntervalMs: 30_000,
      },
      reply("before there was a socket"),
      reply("from onOpen"),
    ]);
    expect(socket.writes.length).toBe(1);
  });

  test("is open at once as a server, whether the client says hello or not", () => {
    const texts: string[] = [];
    const server = serverConnection({ ask: ({ text }) => void texts.push(text) });
    expect(server.state).toBe("connecting");
    openSocket(server);
    expect(server.state).toBe("open");
    server.receive(fromClient(ask("no hello")));
    expect(texts).toEqual(["no hello"]);
    expect(server.peerHello).toBeUndefined();
  });

  test.each([
    ["$hello", serverHello],
    ["a message", reply("first")],
    ["$ping", { type: "$ping" }],
    ["$pong", { type: "$pong" }],
  ] as const)("is open as a client when the server has said %s", (_, first) => {
    const events: string[] = [];
    const client = clientConnection(
      { reply: ({ text }) => events.push(text) },
      { observer: { onOpen: () => events.push("open") } },
    );
    openSocket(client);
    expect(client.state).toBe("connecting");
    client.receive(fromServer(first, reply("second")));
    expect(client.state).toBe("open");
    expect(events).toEqual(
      first.type === "reply" ? ["open", "first", "second"] : ["open", "second"],
    );
  });

  test.each([
    ["$bye", { type: "$bye", reason: "not today" }],
    ["a fatal $error", { type: "$error", code: "too-many-connections", message: "full" }],
    ["an $error that is not fatal", { type: "$error", code: "schema-mismatch", message: "odd" }],
  ] as const)("is not open as a client when the server has said only %s", (_, first) => {
    const events: string[] = [];
    const observer = { onOpen: () => events.push("open"), onClose: () => events.push("close") };
    const client = clientConnection({}, { observer });
    openSocket(client);
    client.receive(fromServer(first));
    client.socketClosed();
    expect(events).toEqual([]);
    expect(client.state).toBe("closed");
  });

  test("keeps what the peer said in its hello, and tells the observer", () => {
    const hellos: Hello[] = [];
    const server = serverConnection(
      {},
      { observer: { onHello: (_, hello) => void hellos.push(hello) } },
    );
    openSocket(server);
    const hello = { ...clientHello, fingerprint: "other", maxFrameBytes: 100 };
    server.receive(fromClient(hello));
    expect(server.peerHello).toEqual(hello);
    expect(hellos).toEqual([hello]);
  });

  test.each([
    ["another protocol", { ...clientHello, protocol: "chat" }, "chat 1"],
    ["another version", { ...clientHello, version: 2 }, "talk 2"],
  ])("refuses %s, naming both", async (_, hello, named) => {
    const server = serverConnection();
    const socket = openSocket(server);
    server.receive(fromClient(hello, ask("never seen")));
    expect(server.closeReason).toEqual({
      code: "protocol-mismatch",
      message: `Cannot talk: this side speaks talk 1, the peer ${named}`,
      origin: "local",
    });
    await turn();
    expect(heardByClient(socket).at(-1)).toEqual({
      type: "$error",
      code: "protocol-mismatch",
      message: `Cannot talk: this side speaks talk 1, the peer ${named}`,
      of: "$hello",
      frame: 1,
    });
    expect(server.peerHello).toBeUndefined();
  });

  test.each([
    ["a second hello", [clientHello, clientHello]],
    ["a hello after another message", [ask("first"), clientHello]],
  ] as const)("counts %s as a schema mismatch and stays open (F11)", async (_, messages) => {
    const server = serverConnection();
    const socket = openSocket(server);
    server.receive(fromClient(...messages));
    await turn();
    expect(server.state).toBe("open");
    expect(heardByClient(socket).slice(1)).toEqual([
      {
        type: "$error",
        code: "schema-mismatch",
        message: "Cannot take $hello: expected once, before any other message",
        of: "$hello",
        frame: 2,
      },
    ]);
  });

  test("resets a socket that opens after the connection was closed (L17)", async () => {
    const client = clientConnection();
    const closed = client.close();
    expect(client.state).toBe("closed");
    const socket = new MemorySocket();
    client.opened(socket);
    expect(socket.calls).toEqual(["terminate"]);
    expect(socket.writes).toEqual([]);
    expect((await closed).code).toBe("done");
  });
});

describe("Connection, a conversation cut anywhere", () => {
  /** Both ends of a short conversation: the client asks, the server replies, and both part in order. */
  async function converse(cut: (bytes: Uint8Array) => Uint8Array[], mostPerWrite = Infinity) {
    const seen: string[] = [];
    const clock = new FakeClock();
    const server = serverConnection(
      {
        ask({ text }, connection) {
          seen.push(`server: ${text}`);
          connection.send(reply(`you asked ${text}`));
        },
      },
      {
        clock,
        observer: {
          onOpen: (connection) => connection.send(reply("welcome")),
          onClose: (_, { code }) => void seen.push(`server closed: ${code}`),
        },
      },
    );
    const client = clientConnection(
      {
        reply({ text }, connection) {
          seen.push(`client: ${text}`);
          if (text === "welcome") connection.send(ask("why?"));
          else void connection.close();
        },
      },
      { clock, observer: { onClose: (_, { code }) => void seen.push(`client closed: ${code}`) } },
    );
    const pair = new MemoryPair(server, client, { cut, mostPerWrite });
    await pair.settle();
    expect(clock.pending).toBe(0);
    return { seen, lengths: [pair.left.written.length, pair.right.written.length] as const };
  }

  const expected = [
    "client: welcome",
    "server: why?",
    "client: you asked why?",
    "server closed: peer-closed",
    "client closed: done",
  ];

  test("is the same byte by byte", async () => {
    const { seen } = await converse(byteByByte);
    expect(seen.toSorted()).toEqual(expected.toSorted());
  });

  test("is the same cut at every pair of positions", async () => {
    const { lengths } = await converse((bytes) => [bytes]);
    for (const cut of everyPairOfCuts(Math.max(...lengths))) {
      const { seen } = await converse(cut);
      expect(seen.slice(0, 3)).toEqual(expected.slice(0, 3));
    }
    // Some tens of thousands of conversations: seconds where other programs run as well.
  }, 60_000);

  test("is the same with writes of any size", async () => {
    for (let mostPerWrite = 1; mostPerWrite <= 40; mostPerWrite += 1) {
      const { seen } = await converse((bytes) => [bytes], mostPerWrite);
      expect(seen.toSorted()).toEqual(expected.toSorted());
    }
  });

  const seed = pickSeed();
  test(`is the same with random writes and cuts, seed ${seed}`, async () => {
    const random = new SeededRandom(seed);
    for (let round = 0; round < 50; round += 1) {
      const { seen } = await converse(randomly(random, 50), random.integer(1, 60));
      expect(seen.toSorted()).toEqual(expected.toSorted());
    }
  });
});
