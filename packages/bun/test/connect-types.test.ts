// What must not compile. `bun run check` fails where one of these lines does; here they also fail at run
// time, each with the error that a program without a type check would get.

import { describe, expect, test } from "bun:test";

import type { ClientOf, ClientConnection, ClientHandlers } from "@typewire/client";
import { saludo, type SaludoServerMessage } from "@typewire/protocol/saludo";

import { connect } from "../src/index.ts";
import { hello, SaludoListener } from "@typewire/testkit/saludo-listener";

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Said = Extract<SaludoServerMessage, { type: "said" }>;

describe("connect, to the compiler", () => {
  test("infers messages and connections without an annotation, and refuses what is wrong", async () => {
    using server = new SaludoListener();
    const connecting = connect(
      saludo,
      {
        port: server.port,
        onOpen(connection) {
          const isConnection: Equal<typeof connection, ClientConnection<typeof saludo>> = true;
          return void isConnection;
        },
        onClose(connection, reason) {
          return void `${connection.name} ${reason.code}`;
        },
      },
      {
        said(message) {
          const isSaid: Equal<typeof message, Said> = true;
          return void isSaid;
        },
      },
    );
    const accepted = await server.accept(hello);
    const client = await connecting;
    const isClient: Equal<typeof client, ClientOf<typeof saludo>> = true;
    expect(isClient).toBe(true);

    // @ts-expect-error -- no such field
    expect(() => client.send({ type: "say", texto: "hola" })).toThrow("schema-mismatch");
    // @ts-expect-error -- the wrong type of a field
    expect(() => client.send({ type: "say", text: 7 })).toThrow("/text");
    // @ts-expect-error -- the wrong direction: welcome is the server's
    expect(() => client.send({ type: "welcome", text: "hola" })).toThrow("welcome");

    accepted.raw.shutdown();
    await client.close();
  });

  test("needs no handlers", async () => {
    using server = new SaludoListener();
    const connecting = connect(saludo, { port: server.port });
    const accepted = await server.accept(hello);
    const client = await connecting;
    expect(client.state).toBe("connected");
    accepted.raw.shutdown();
    await client.close();
  });

  test("refuses handlers for unknown names and for the client's own messages", async () => {
    const messageOf = (error: Error): string => error.message;
    // @ts-expect-error -- no such message
    const unknown = await connect(saludo, { port: 1 }, { sade() {} }).catch(messageOf);
    expect(unknown).toContain("handlers.sade");
    // @ts-expect-error -- the wrong direction: say is the client's
    const wrongWay = await connect(saludo, { port: 1 }, { say() {} }).catch(messageOf);
    expect(wrongWay).toContain("handlers.say");
    const handlers: ClientHandlers<typeof saludo> = { said: ({ at }) => void at.getTime() };
    expect(Object.keys(handlers)).toEqual(["said"]);
  });
});
