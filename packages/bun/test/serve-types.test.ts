// What must not compile. `bun run check` fails where one of these lines does; here they also fail at run
// time, each with the error that a program without a type check would get.

import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import { defineProtocol } from "@typewire/protocol";
import { saludo } from "@typewire/protocol/saludo";

import type { ServerConnection, ServerHandlers } from "@typewire/server";

import { serve } from "../src/index.ts";

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

const port = { port: 0 };

describe("serve, to the compiler", () => {
  test("infers messages and connections without an annotation", () => {
    using server = serve(saludo, port, {
      open(connection) {
        const isConnection: Equal<typeof connection, ServerConnection<typeof saludo>> = true;
        return void isConnection;
      },
      say(message, connection) {
        const isSay: Equal<typeof message, { type: "say"; text: string }> = true;
        connection.send({
          type: "said",
          from: connection.name,
          text: message.text,
          at: new Date(),
        });
        return void isSay;
      },
      close(connection, reason) {
        return void `${connection.name} ${reason.code}`;
      },
    });
    expect(server.port).toBeGreaterThan(0);
  });

  test("keeps the protocol's types through a variable for the handlers", () => {
    const handlers: ServerHandlers<typeof saludo> = { say: ({ text }) => void text.length };
    using server = serve(saludo, port, handlers);
    expect(server.connections.size).toBe(0);
  });

  test("refuses handlers for unknown names and for the server's own messages", () => {
    // @ts-expect-error -- no such message
    expect(() => serve(saludo, port, { sya() {} })).toThrow("handlers.sya");
    // @ts-expect-error -- the wrong direction: welcome is the server's
    expect(() => serve(saludo, port, { welcome() {} })).toThrow("handlers.welcome");
  });

  test("refuses messages with a wrong field, and those of the other direction", () => {
    using server = serve(saludo, port, {});
    // @ts-expect-error -- no such field
    expect(() => server.broadcast({ type: "welcome", texto: "hola" })).toThrow("schema-mismatch");
    // @ts-expect-error -- the wrong type of a field
    expect(() => server.broadcast({ type: "said", from: "a", text: "b", at: 0 })).toThrow("/at");
    // @ts-expect-error -- the wrong direction: say is the client's
    expect(() => server.broadcast({ type: "say", text: "hola" })).toThrow("say");
    // @ts-expect-error -- connections of another protocol
    expect(server.broadcast({ type: "welcome", text: "hola" }, { except: other() })).toBe(0);
  });
});

function other(): ServerConnection<typeof parcel> | undefined {
  return undefined;
}

const parcel = defineProtocol({
  name: "parcel",
  version: 1,
  server: { copy: Type.Object({ bytes: Type.Uint8Array() }) },
  client: {},
});
