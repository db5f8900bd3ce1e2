import { describe, expect, expectTypeOf, test } from "bun:test";

import { type ByteSocket, type Connection, createEndpoint, LiveConnection } from "../src/index.ts";
import {
  type ClientSide,
  type FromClient,
  type FromServer,
  type ServerSide,
  talk,
} from "./talk.ts";

describe("createEndpoint", () => {
  test("infers messages, names and the connection of each side", () => {
    const server = createEndpoint(talk, "server", {
      ask(message, connection) {
        expectTypeOf(message).toEqualTypeOf<Extract<FromClient, { type: "ask" }>>();
        expectTypeOf(connection).toEqualTypeOf<Connection<FromServer>>();
        // The face: neither the socket's side of it nor the server's.
        expectTypeOf(connection).not.toHaveProperty("opened");
        expectTypeOf(connection).not.toHaveProperty("receive");
        expectTypeOf(connection).not.toHaveProperty("drained");
        expectTypeOf(connection).not.toHaveProperty("peerEnded");
        expectTypeOf(connection).not.toHaveProperty("socketClosed");
        expectTypeOf(connection).not.toHaveProperty("sendFrame");
      },
      async upload({ bytes }) {
        expectTypeOf(bytes).toEqualTypeOf<Uint8Array>();
        await Promise.resolve();
      },
    });
    expectTypeOf(new LiveConnection(server, "x")).toEqualTypeOf<ServerSide>();
    const client = createEndpoint(talk, "client", {});
    expectTypeOf(new LiveConnection(client, "x")).toEqualTypeOf<ClientSide>();
    expect([...server.handlers.keys()]).toEqual(["ask", "upload"]);
  });

  test("does not compile with a name, field or direction that is not there", () => {
    // @ts-expect-error -- the client does not send "askk"
    expect(() => createEndpoint(talk, "server", { askk() {} })).toThrow(
      "handlers.askk: expected ask",
    );
    // @ts-expect-error -- the server sends "reply", the client does not
    expect(() => createEndpoint(talk, "server", { reply() {} })).toThrow(
      "handlers.reply: expected one of",
    );
    createEndpoint(talk, "server", {
      ask(message, connection) {
        // @ts-expect-error -- there is no such field
        void message.texts;
        // @ts-expect-error -- a server does not ask
        connection.send({ type: "ask", text: "" });
        // @ts-expect-error -- text is a string
        connection.send({ type: "reply", text: 5 });
        // @ts-expect-error -- text is missing
        connection.send({ type: "reply" });
      },
    });
    // A handler may return anything.
    createEndpoint(talk, "client", { reply: ({ text }) => text.length });
  });

  test("accepts Bun's socket as it is", () => {
    expectTypeOf<Bun.Socket<unknown>>().toExtend<ByteSocket>();
  });

  test.each([
    [
      "a handler that is no function",
      { ask: "not a function" },
      "handlers.ask: expected a function",
    ],
    [
      "a class instance, whose methods would be missed",
      new (class {
        ask() {}
      })(),
      "handlers: expected a plain object of functions",
    ],
    ["a name from Object.prototype", { toString() {} }, "handlers.toString: expected one of"],
    ["limits that contradict", {}, "hardQueueBytes"],
  ] as const)("refuses %s", (name, handlers, message) => {
    const limits = name.startsWith("limits") ? { hardQueueBytes: 1, softQueueBytes: 2 } : {};
    expect(() => createEndpoint(talk, "server", handlers as object, { limits })).toThrow(message);
  });

  test("takes handlers that are undefined, and objects without a prototype", () => {
    const handlers = Object.create(null) as { ask?: () => void; upload?: () => void };
    Object.assign(handlers, { ask: undefined, upload() {} });
    const endpoint = createEndpoint(talk, "server", handlers);
    expect([...endpoint.handlers.keys()]).toEqual(["upload"]);
  });
});
