import { describe, expect, test } from "bun:test";
import { encodeHeader, type TypewireError } from "@typewire/protocol";
import { concatenate, FakeClock } from "@typewire/testkit";

import {
  clientConnection,
  fromClient,
  fromServer,
  heardByClient,
  heardByServer,
  openSocket,
  serverConnection,
  talk,
  turn,
} from "./talk.ts";

const ask = (text: string) => ({ type: "ask", text }) as const;

/** A frame around any bytes. */
function frame(...payload: number[]): Uint8Array {
  return concatenate([encodeHeader(payload.length), Uint8Array.from(payload)]);
}

/** A well-formed message that is not one of the protocol: the map `{type: "ask"}`. */
const incomplete = frame(0xa1, 0x64, 0x74, 0x79, 0x70, 0x65, 0x63, 0x61, 0x73, 0x6b);

describe("Connection.receive", () => {
  test("hands each message to its handler with the connection, in order", () => {
    const seen: unknown[] = [];
    const server = serverConnection({
      ask: (message, connection) => void seen.push([message, connection === server]),
    });
    openSocket(server);
    server.receive(fromClient(ask("one"), ask("two")));
    expect(seen).toEqual([
      [ask("one"), true],
      [ask("two"), true],
    ]);
  });

  test("validates a message without a handler, shows it to the observer, and drops it", () => {
    const seen: unknown[] = [];
    const server = serverConnection(
      {},
      {
        observer: {
          onReceived: (_, message, bytes, start, end) =>
            void seen.push([message, talk.client.decode(bytes, start, end)]),
        },
      },
    );
    openSocket(server);
    server.receive(fromClient(ask("anyone?")));
    expect(seen).toEqual([[ask("anyone?"), ask("anyone?")]]);
    expect(server.state).toBe("open");
  });

  test("answers each ping with its id, in order, and takes a pong that answers no ping (F13)", async () => {
    const server = serverConnection();
    const socket = openSocket(server);
    const pings = Array.from({ length: 10 }, (_, id) => ({ type: "$ping", id }) as const);
    server.receive(fromClient({ type: "$pong", id: 99 }, { type: "$ping" }, ...pings));
    await turn();
    expect(heardByClient(socket).slice(1)).toEqual([
      { type: "$pong" },
      ...pings.map(({ id }) => ({ type: "$pong", id }) as const),
    ]);
  });

  test.each([
    ["no header", new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"), "header-invalid"],
    ["an empty frame", new TextEncoder().encode("0         "), "frame-empty"],
    ["a frame over the limit", encodeHeader(1_048_577), "frame-too-large"],
    ["no CBOR", frame(0xff), "cbor-malformed"],
    ["a tag", frame(0xc0, 0x61, 0x78), "cbor-unsupported"],
  ] as const)(
    "ends for %s: told, recorded once, and nothing after it delivered",
    async (_, bytes, code) => {
      const texts: string[] = [];
      const server = serverConnection({ ask: ({ text }) => void texts.push(text) });
      const socket = openSocket(server);
      server.receive(concatenate([fromClient(ask("before")), bytes, fromClient(ask("after"))]));
      server.receive(fromClient(ask("much later")));
      expect(texts).toEqual(["before"]);
      const { closeReason } = server;
      expect(closeReason).toMatchObject({ code, origin: "local" });
      await turn();
      expect(heardByClient(socket).slice(1)).toEqual([
        { type: "$error", code, message: closeReason?.message ?? "", frame: 2 },
      ]);
      expect(socket.calls).toEqual(["shutdown"]);
    },
  );

  test.each([
    ["a message that fails its schema", incomplete, "schema-mismatch"],
    [
      "a message of the other direction (S10)",
      fromServer({ type: "reply", text: "x" }),
      "unknown-type",
    ],
    [
      "a name from Object.prototype (C9)",
      frame(
        0xa1,
        0x64,
        0x74,
        0x79,
        0x70,
        0x65,
        0x68,
        0x74,
        0x6f,
        0x53,
        0x74,
        0x72,
        0x69,
        0x6e,
        0x67,
      ),
      "unknown-type",
    ],
  ] as const)("answers %s and goes on", async (_, bytes, code) => {
    const texts: string[] = [];
    const refused: TypewireError[] = [];
    const server = serverConnection(
      { ask: ({ text }) => void texts.push(text) },
      { observer: { onRefused: (_, error) => void refused.push(error) } },
    );
    const socket = openSocket(server);
    server.receive(concatenate([bytes, fromClient(ask("after"))]));
    expect(texts).toEqual(["after"]);
    expect(refused.map((error) => error.code)).toEqual([code]);
    await turn();
    expect(heardByClient(socket)[1]).toMatchObject({ type: "$error", code });
    expect(server.state).toBe("open");
  });

  test("forgives ten refusals in ten seconds, not eleven (S11)", async () => {
    const clock = new FakeClock();
    const server = serverConnection({}, { clock });
    const socket = openSocket(server);
    for (let count = 0; count < 10; count += 1) server.receive(incomplete);
    expect(server.state).toBe("open");
    server.receive(incomplete);
    expect(server.closeReason?.code).toBe("too-many-errors");
    await turn();
    const codes = heardByClient(socket).flatMap((message) =>
      message.type === "$error" ? message.code : [],
    );
    expect(codes).toEqual([...Array<string>(10).fill("schema-mismatch"), "too-many-errors"]);
  });

  test("forgives any number of refusals that are far apart", () => {
    const clock = new FakeClock();
    const server = serverConnection({}, { clock });
    openSocket(server);
    for (let count = 0; count < 100; count += 1) {
      server.receive(incomplete);
      clock.advance(1_000);
    }
    expect(server.state).toBe("open");
  });

  test("keeps no part of the chunk that a message came in", () => {
    let bytes: Uint8Array | undefined;
    const server = serverConnection({ upload: (message) => void (bytes = message.bytes) });
    openSocket(server);
    const chunk = fromClient({ type: "upload", bytes: Uint8Array.of(1, 2, 3) });
    server.receive(chunk);
    chunk.fill(0);
    expect(bytes).toEqual(Uint8Array.of(1, 2, 3));
  });
});

describe("Connection, what the peer reports", () => {
  test("records the peer's fatal $error as the reason", async () => {
    const seen: unknown[] = [];
    const client = clientConnection(
      {},
      { observer: { onPeerError: (_, error) => void seen.push(error) } },
    );
    const socket = openSocket(client);
    const error = {
      type: "$error",
      code: "frame-too-large",
      message: "too\nlarge",
      path: "/x",
    } as const;
    client.receive(fromServer(error));
    expect(client.closeReason).toEqual({
      code: "frame-too-large",
      message: "The peer reported frame-too-large: too large",
      origin: "peer",
      path: "/x",
    });
    expect(seen).toEqual([error]);
    await turn();
    expect(heardByServer(socket).map(({ type }) => type)).toEqual(["$hello"]);
    expect(socket.calls).toEqual(["shutdown"]);
  });

  test.each([
    "schema-mismatch",
    "unknown-type",
    "a code of the future",
    "connect-failed",
    "toString",
  ])("goes on after an $error with the code %s", (code) => {
    const client = clientConnection();
    openSocket(client);
    client.receive(fromServer({ type: "$error", code, message: "never mind" }));
    expect(client.closeReason).toBeUndefined();
  });

  test("keeps the hint of the peer's $bye", () => {
    const client = clientConnection();
    openSocket(client);
    client.receive(fromServer({ type: "$bye", reason: "upgrade", retryAfterMs: 500 }));
    expect(client.closeReason).toEqual({
      code: "peer-closed",
      message: "The peer said goodbye: upgrade",
      origin: "peer",
      retryAfterMs: 500,
    });
  });

  test("keeps that the peer's $bye is final, and no hint beside it", () => {
    const client = clientConnection();
    openSocket(client);
    const bye = { type: "$bye", reason: "revoked", retryAfterMs: 5, final: true } as const;
    client.receive(fromServer(bye));
    expect(client.closeReason).toEqual({
      code: "peer-closed",
      message: "The peer said goodbye for good: revoked",
      origin: "peer",
      final: true,
    });
  });

  test("refuses a $bye whole that is final and has another field of a wrong type, and goes on", async () => {
    const client = clientConnection();
    const socket = openSocket(client);
    const bye = { type: "$bye", reason: "revoked", final: true, retryAfterMs: 5 } as const;
    const bytes = fromServer(bye);
    // The 5 becomes −6, which is no time to wait.
    bytes[bytes.lastIndexOf(5)] = 0x25;
    client.receive(bytes);
    await turn();
    expect(client.closeReason).toBeUndefined();
    expect(heardByServer(socket)).toContainEqual(
      expect.objectContaining({ type: "$error", code: "schema-mismatch", path: "/retryAfterMs" }),
    );
  });

  test("hands on no hint of the peer's that a timer does not take", () => {
    const client = clientConnection();
    openSocket(client);
    client.receive(fromServer({ type: "$bye", reason: "upgrade", retryAfterMs: 2 ** 53 - 1 }));
    expect(client.closeReason?.retryAfterMs).toBe(2 ** 31 - 1);
  });

  test("lets no peer write more than one line into a log", () => {
    const client = clientConnection();
    openSocket(client);
    const reason = `a\r\nb\u2028c\u001b[31m\u202e${"x".repeat(10_000)}`;
    client.receive(fromServer({ type: "$bye", reason }));
    expect(client.closeReason?.message).toMatch(/^The peer said goodbye: a b c \[31m x+…$/u);
    expect(client.closeReason?.message.length).toBeLessThan(600);
  });
});
