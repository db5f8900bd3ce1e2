// Limits that are raised at both ends hold for both directions and for broadcasts; at one end only, they do not
// reach the other.

import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import { defineProtocol, type MessageOf } from "@typewire/protocol";
import { within } from "@typewire/testkit";

import { connect, serve } from "../src/index.ts";

const pairs = Type.Object({ v: Type.Array(Type.Tuple([Type.Number(), Type.Number()])) });
const tree = Type.Object({ v: Type.Recursive((self) => Type.Array(self)) });
const wide = defineProtocol({
  name: "wide",
  version: 1,
  server: { pairs, tree, ready: Type.Object({}) },
  client: { pairs, tree },
});

type Nested = Nested[];
type Wide = MessageOf<typeof wide, "client">;

function nested(levels: number): Nested {
  let value: Nested = [];
  for (let level = 1; level < levels; level += 1) value = [value];
  return value;
}

const messages: readonly Wide[] = [
  { type: "pairs", v: Array.from({ length: 40_000 }, () => [1, 2]) },
  { type: "tree", v: nested(50) },
];
const limits = { maxItems: 1e7, maxNesting: 200 };

/** Collects messages, and waits for the next. */
class Heard {
  readonly #heard: Wide[] = [];
  #arrived = Promise.withResolvers<void>();

  readonly take = (message: Wide): void => {
    this.#heard.push(message);
    this.#arrived.resolve();
  };

  async next(): Promise<Wide | undefined> {
    await within(this.#arrived.promise, () => "no message");
    const message = this.#heard.shift();
    if (this.#heard.length === 0) this.#arrived = Promise.withResolvers();
    return message;
  }
}

function handlersOf(heard: Heard) {
  return {
    pairs: (message: Wide) => heard.take(message),
    tree: (message: Wide) => heard.take(message),
  };
}

function serveWide(options: { readonly limits?: typeof limits }, heard = new Heard()) {
  return serve(wide, { port: 0, ...options }, handlersOf(heard));
}

describe("limits raised at both ends", () => {
  test("hold for what either end sends, and for broadcasts", async () => {
    const [atServer, atClient] = [new Heard(), new Heard()];
    await using server = serveWide({ limits }, atServer);
    await using client = await connect(wide, { port: server.port, limits }, handlersOf(atClient));
    for (const message of messages) {
      client.send(message);
      expect(await atServer.next()).toEqual(message);
      // The server has the client's hello by now.
      for (const connection of server.connections) connection.send(message);
      expect(await atClient.next()).toEqual(message);
      expect(server.broadcast(message)).toBe(1);
      expect(await atClient.next()).toEqual(message);
    }
  });
});

describe("limits raised at one end only", () => {
  test.each([
    [{ limits }, {}],
    [{}, { limits }],
  ])("of %j and %j, bind the sender at the other end", async (atServer, atClient) => {
    const heard = new Heard();
    await using server = serveWide(atServer, heard);
    await using client = await connect(wide, { port: server.port, ...atClient }, handlersOf(heard));
    const [few] = [{ type: "pairs" as const, v: [[1, 2]] as [number, number][] }];
    client.send(few);
    expect(await heard.next()).toEqual(few);
    const [connection] = server.connections;
    const [sender, receiver] = "limits" in atServer ? [client, connection] : [connection, client];
    for (const message of messages) {
      expect(() => receiver?.send(message)).toThrow(
        expect.objectContaining({ code: "cbor-limit" }),
      );
      sender?.send(message);
      expect(await heard.next()).toEqual(message);
    }
    expect(server.broadcast(messages[0] ?? few)).toBe("limits" in atServer ? 0 : 1);
  });
});

describe("the least limit of frames", () => {
  const call = "c".repeat(180);
  const code = "e".repeat(180);
  const calls = { [call]: { errors: { [code]: Type.Null() } } };
  const secret = "correct horse battery staple";
  const least = { limits: { maxFrameBytes: 256, requireHello: true } };

  test.each([
    ["a", 10, {}],
    ["a", 255, {}],
    ["\u4e2d", 255, {}],
    ["\u4e2d", 255, { secret }],
  ])(
    "is enough for a protocol named %s, %i times, and for an error by its code: %j",
    async (character, length, more) => {
      const protocol = defineProtocol({
        name: character.repeat(length),
        version: 1,
        server: {},
        client: {},
        calls,
      });
      await using server = serve(
        protocol,
        { port: 0, ...least, ...more },
        {
          [call]: (
            _: unknown,
            { error }: { error: (code: string, data: null, why: string) => Error },
          ) => {
            throw error(code, null, "a sentence that does not fit ".repeat(9));
          },
        },
      );
      await using client = await connect(protocol, { port: server.port, ...least, ...more });
      const outcome = await within(Promise.resolve(client.try[call]?.()), () => "no outcome");
      expect(outcome).toMatchObject({ ok: false, error: { code } });
    },
  );
});
