// One message to every connection, over sockets made of arrays: which of them are left out, and why.

import { describe, expect, test } from "bun:test";

import { LiveConnection } from "@typewire/connection";
import { type ErrorCode, TypewireError } from "@typewire/protocol";
import { controlFrame } from "@typewire/protocol/internal";
import { saludo } from "@typewire/protocol/saludo";

import type { ServerConnection } from "../src/index.ts";
import { connected } from "./support/connected.ts";

const welcome = { type: "welcome", text: "hola" } as const;

/** Makes `sendFrame` of a connection throw. */
function failing(
  connection: ServerConnection<typeof saludo> | undefined,
  error: Error,
): Disposable {
  if (!(connection instanceof LiveConnection)) throw new Error("There is no such connection");
  connection.sendFrame = () => {
    throw error;
  };
  return { [Symbol.dispose]: () => Reflect.deleteProperty(connection, "sendFrame") };
}

describe("Server.broadcast", () => {
  test("leaves out connections that have ended", () => {
    const { server, connections } = connected(3);
    connections[1]?.destroy();
    expect(server.broadcast(welcome)).toBe(2);
  });

  test("counts and tells of a message that a peer's limits do not take, and delivers it to the others", () => {
    const told: unknown[] = [];
    const { server, connections } = connected(2, {
      onUndelivered: ({ name }, messages, { code }) => void told.push([name, messages, code]),
    });
    const [small] = connections;
    if (!(small instanceof LiveConnection)) throw new Error("There is no such connection");
    const hello = { type: "$hello", protocol: "saludo", version: 1, maxFrameBytes: 256 } as const;
    small.receive(controlFrame(saludo.client, hello));
    const long = { type: "welcome", text: "hola ".repeat(60) } as const;
    expect(server.broadcast(long)).toBe(1);
    expect(told).toEqual([["peer 0", [long], "frame-too-large"]]);
    expect(small.stats).toMatchObject({ messagesSent: 0, messagesUndelivered: 1 });
    expect(server.stats().messagesUndelivered).toBe(1);
    expect(server.broadcast(welcome)).toBe(2);
  });

  test.each(["frame-too-large", "cbor-limit"] as const)(
    "leaves out a connection that fails with %s, and counts it out",
    (code) => {
      const { server, connections } = connected(3);
      using _ = failing(connections[1], new TypewireError(code, "not this one"));
      expect(server.broadcast(welcome)).toBe(2);
    },
  );

  test.each([
    "schema-mismatch",
    "auth-required",
    "option-invalid",
    "internal",
  ] satisfies ErrorCode[])("throws what is no peer's limit: %s", (code) => {
    const { server, connections } = connected(3);
    using _ = failing(connections[1], new TypewireError(code, "a bug"));
    expect(() => server.broadcast(welcome)).toThrow("a bug");
  });

  test("throws what is no error of ours", () => {
    const { server, connections } = connected(1);
    using _ = failing(connections[0], new RangeError("a bug"));
    expect(() => server.broadcast(welcome)).toThrow(RangeError);
  });
});
