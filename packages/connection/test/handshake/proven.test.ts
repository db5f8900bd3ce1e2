// When the owner of a connection hears that a peer has shown all that is asked of it.

import { describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";

import { MemoryPair, type MemorySocket } from "@typewire/testkit";

import { createEndpoint, LiveConnection, type SharedSecret } from "../../src/index.ts";
import {
  clientHello,
  fromClient,
  heardByClient,
  openSocket,
  serverConnection,
  type ServerSide,
  talk,
  turn,
} from "../talk.ts";

function secretOf(text: string): SharedSecret {
  return {
    hmacSha256: (bytes) => new Uint8Array(createHmac("sha256", text).update(bytes).digest()),
    randomBytes: (count) => new Uint8Array(count).fill(7),
  };
}

/** A server's connection, and in which order its owner and its user were told. */
function told(requireHello: boolean): { readonly connection: ServerSide; readonly seen: string[] } {
  const seen: string[] = [];
  const connection = serverConnection(
    {},
    {
      limits: { requireHello },
      owner: { proven: () => seen.push("proven") },
      observer: { onOpen: () => seen.push("open") },
    },
  );
  return { connection, seen };
}

describe("ConnectionOwner.proven", () => {
  test("is called as soon as a connection is open that asks for nothing", () => {
    const { connection, seen } = told(false);
    openSocket(connection);
    expect(seen).toEqual(["proven", "open"]);
  });

  test("is called with a required hello, and not before", () => {
    const { connection, seen } = told(true);
    openSocket(connection);
    expect(seen).toEqual(["open"]);
    connection.receive(fromClient(clientHello));
    expect(seen).toEqual(["open", "proven"]);
  });

  test("is not called for a hello of another protocol", () => {
    const { connection, seen } = told(true);
    openSocket(connection);
    connection.receive(fromClient({ ...clientHello, protocol: "other" }));
    expect(seen).toEqual(["open"]);
  });

  test.each([
    ["the same secret", "correct horse battery", ["proven", "open"]],
    ["another secret", "incorrect horse battery", []],
  ])("with a secret, for a peer with %s", async (_, text, expected) => {
    const seen: string[] = [];
    const server = createEndpoint(
      talk,
      "server",
      {},
      {
        secret: secretOf("correct horse battery"),
        owner: { proven: () => seen.push("proven") },
        observers: [{ onOpen: () => seen.push("open") }],
      },
    );
    const client = createEndpoint(talk, "client", {}, { secret: secretOf(text) });
    const pair = new MemoryPair(
      new LiveConnection(server, "client"),
      new LiveConnection(client, "server"),
    );
    await pair.settle();
    expect(seen).toEqual(expected);
  });

  test("may turn the peer away, which then hears of nothing else", async () => {
    const seen: string[] = [];
    const connection: ServerSide = serverConnection(
      {},
      {
        observer: { onOpen: () => seen.push("open"), onClose: () => seen.push("close") },
        owner: { proven: () => connection.turnAway("The server is full") },
      },
    );
    const socket: MemorySocket = openSocket(connection);
    connection.peerEnded();
    await turn();
    expect(heardByClient(socket)).toEqual([
      { type: "$error", code: "too-many-connections", message: "The server is full" },
    ]);
    expect(connection.state).toBe("closed");
    expect(connection.wasOpen).toBe(false);
    expect(seen).toEqual([]);
  });

  test("does not answer the proof of a peer that it turns away", async () => {
    const secret = secretOf("correct horse battery");
    const server = createEndpoint(
      talk,
      "server",
      {},
      {
        secret,
        owner: {
          proven: (connection) => (connection as ServerSide).turnAway("The server is full"),
        },
      },
    );
    const client = createEndpoint(talk, "client", {}, { secret });
    const pair = new MemoryPair(
      new LiveConnection(server, "client"),
      new LiveConnection(client, "server"),
    );
    await pair.settle();
    expect(heardByClient(pair.left).map(({ type }) => type)).toEqual(["$hello", "$error"]);
  });
});
