// Two ends of the same protocol and different schemas: what one says in vain costs no connection.

import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import { defineProtocol, encodeHeader } from "@typewire/protocol";
import { concatenate, FakeClock } from "@typewire/testkit";

import { createEndpoint, LiveConnection } from "../src/index.ts";
import { clientHello, fromServer, openSocket, talk, turn } from "./talk.ts";

const text = Type.Object({ text: Type.String({ maxLength: 1_000_000 }) });

/** `talk` with a message more, and a longer text than the older end takes. */
const newer = defineProtocol({
  name: "talk",
  version: 1,
  server: {
    reply: Type.Object({ text: Type.Union([Type.String(), Type.Integer()]) }),
    news: text,
    picture: Type.Object({ bytes: Type.Uint8Array() }),
  },
  client: { ask: text, upload: Type.Object({ bytes: Type.Uint8Array() }) },
});

const newerHello = { ...clientHello, fingerprint: newer.fingerprint } as const;
const sameHello = { ...clientHello, fingerprint: talk.fingerprint } as const;

const fine = newer.server.encodeFrame({ type: "reply", text: "fine" });
const misfit = newer.server.encodeFrame({ type: "reply", text: 7 });
const news = newer.server.encodeFrame({ type: "news", text: "it rains" });

/** A frame around `{type: name}`. */
function named(name: string): Uint8Array {
  const content = new TextEncoder().encode(name);
  const length = content.length;
  const head =
    length < 24
      ? [0x60 + length]
      : [0x7a, (length >> 24) & 255, (length >> 16) & 255, (length >> 8) & 255, length & 255];
  const payload = Uint8Array.from([0xa1, 0x64, 0x74, 0x79, 0x70, 0x65, ...head, ...content]);
  return concatenate([encodeHeader(payload.length), payload]);
}

/** The older client, which has heard `hello`, if any; what it was told, and what it has said. */
function olderClient(hello?: typeof newerHello | typeof clientHello) {
  const clock = new FakeClock();
  const texts: string[] = [];
  const refused: string[] = [];
  const endpoint = createEndpoint(
    talk,
    "client",
    { reply: (message) => void texts.push(message.text) },
    { clock, observers: [{ onRefused: (_, error) => void refused.push(error.code) }] },
  );
  const connection = new LiveConnection(endpoint, "server");
  const socket = openSocket(connection);
  if (hello !== undefined) connection.receive(fromServer(hello));
  const errors = async () => {
    await turn();
    return heard(socket.written).flatMap((message) =>
      message.type === "$error" ? message.code : [],
    );
  };
  return { clock, connection, endpoint, texts, refused, errors, socket };
}

function heard(bytes: Uint8Array) {
  const messages = [];
  for (let at = 0; at < bytes.length;) {
    const length = Number(new TextDecoder().decode(bytes.subarray(at, at + 10)));
    messages.push(talk.client.decodeIncoming(bytes, at + 10, at + 10 + length));
    at += 10 + length;
  }
  return messages;
}

describe("a message of a name that is not known", () => {
  test.each([
    ["of a newer peer", newerHello],
    ["of a peer with the same schemas", sameHello],
    ["of a peer without a hello", undefined],
  ])("%s is answered once, counted, and never costs the connection", async (_, hello) => {
    const { clock, connection, endpoint, texts, refused, errors } = olderClient(hello);
    for (let count = 0; count < 2_000; count += 1) {
      connection.receive(news);
      connection.receive(fine);
      clock.advance(count % 100 === 0 ? 100 : 0);
    }
    expect(connection.state).toBe("open");
    expect(texts).toEqual(Array<string>(2_000).fill("fine"));
    expect(await errors()).toEqual(["unknown-type"]);
    expect(refused).toEqual(["unknown-type"]);
    expect(connection.stats).toMatchObject({ messagesUnknown: 2_000, messagesRefused: 0 });
    connection.destroy();
    expect(endpoint.stats()).toMatchObject({ messagesUnknown: 2_000, messagesReceived: 2_000 });
  });

  test("is answered for sixteen names, and no more", async () => {
    const { connection, errors } = olderClient(newerHello);
    for (let name = 0; name < 100; name += 1) connection.receive(named(`name ${name}`));
    expect(await errors()).toEqual(Array<string>(16).fill("unknown-type"));
    expect(connection.stats.messagesUnknown).toBe(100);
    expect(connection.state).toBe("open");
  });

  test("is told from another by its beginning and its length, where it is long", async () => {
    const { connection, errors } = olderClient(newerHello);
    for (const name of ["x".repeat(500_000), "x".repeat(500_001), "x".repeat(500_000)]) {
      connection.receive(named(name));
    }
    expect(await errors()).toEqual(["unknown-type", "unknown-type"]);
  });

  test("takes nothing from what a peer is forgiven otherwise", async () => {
    const { connection, errors } = olderClient(sameHello);
    for (let count = 0; count < 100; count += 1) connection.receive(news);
    for (let count = 0; count < 10; count += 1) connection.receive(misfit);
    expect(connection.state).toBe("open");
    connection.receive(misfit);
    expect(connection.closeReason?.code).toBe("too-many-errors");
    expect(await errors()).toEqual([
      "unknown-type",
      ...Array<string>(10).fill("schema-mismatch"),
      "too-many-errors",
    ]);
  });
});

describe("an unknown control message", () => {
  test.each(["$", "$x", "$drain", "$hello2", "$HELLO", `$${"x".repeat(100_000)}`])(
    "%.20s is ignored and counted",
    async (name) => {
      const { connection, errors, refused } = olderClient();
      for (let count = 0; count < 50; count += 1) connection.receive(named(name));
      connection.receive(fine);
      expect(connection.state).toBe("open");
      expect(await errors()).toEqual([]);
      expect(refused).toEqual([]);
      expect(connection.stats.messagesUnknown).toBe(50);
    },
  );

  test("is not the first valid message of a server", () => {
    const { connection } = olderClient();
    connection.receive(named("$future"));
    expect(connection.state).toBe("connecting");
  });
});

describe("a $call", () => {
  test("is always answered: this side serves none", async () => {
    const { connection, socket } = olderClient();
    for (const id of [1, 2, 2 ** 40, -1]) {
      connection.receive(fromServer({ type: "$call", call: "anything", id }));
    }
    connection.receive(fromServer({ type: "$result", id: 1 }));
    await turn();
    expect(heard(socket.written).slice(1)).toMatchObject(
      [1, 2, 2 ** 40, -1].map((id) => ({ type: "$result", id, error: { code: "unknown-call" } })),
    );
    expect(connection.stats.messagesUnknown).toBe(5);
  });

  test("without an id is refused as a message that fails its schema", async () => {
    const { connection, errors } = olderClient();
    connection.receive(named("$call"));
    expect(await errors()).toEqual(["schema-mismatch"]);
  });
});

describe("a message that fails its schema", () => {
  test.each([
    ["has the same fingerprint", sameHello],
    ["has told none", clientHello],
    ["has said no hello", undefined],
  ])("ends the connection at the eleventh in ten seconds where the peer %s", async (_, hello) => {
    const { connection, errors } = olderClient(hello);
    connection.receive(concatenate(Array<Uint8Array>(10).fill(misfit)));
    expect(connection.closeReason).toBeUndefined();
    connection.receive(misfit);
    expect(connection.closeReason?.code).toBe("too-many-errors");
    expect(await errors()).toEqual([
      ...Array<string>(10).fill("schema-mismatch"),
      "too-many-errors",
    ]);
  });

  test("of a peer with another fingerprint is answered ten times in ten seconds, and counted", async () => {
    const { clock, connection, errors, refused, texts } = olderClient(newerHello);
    for (let second = 0; second < 60; second += 1) {
      connection.receive(concatenate([...Array<Uint8Array>(10).fill(misfit), fine]));
      clock.advance(1_000);
    }
    expect(connection.state).toBe("open");
    expect(texts).toHaveLength(60);
    expect(await errors()).toEqual(Array<string>(60).fill("schema-mismatch"));
    expect(refused).toHaveLength(600);
    expect(connection.stats).toMatchObject({ messagesRefused: 600, messagesUnknown: 0 });
  });

  test("of a peer with another fingerprint ends the connection beyond a thousand in ten seconds", async () => {
    const { connection, errors } = olderClient(newerHello);
    connection.receive(concatenate(Array<Uint8Array>(1_000).fill(misfit)));
    expect(connection.closeReason).toBeUndefined();
    connection.receive(concatenate([misfit, fine]));
    expect(connection.closeReason).toMatchObject({ code: "too-many-errors", path: "/text" });
    expect(await errors()).toEqual([
      ...Array<string>(10).fill("schema-mismatch"),
      "too-many-errors",
    ]);
  });
});
