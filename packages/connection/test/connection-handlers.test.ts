import { describe, expect, test } from "bun:test";

import { fromClient, heardByClient, openSocket, serverConnection, turn } from "./talk.ts";

const ask = (text: string) => ({ type: "ask", text }) as const;

/** An object that cannot be looked at. */
const hostile = new Proxy(new Error(), {
  get() {
    throw new Error("look away");
  },
  getPrototypeOf() {
    throw new Error("look away");
  },
});

const oddities: readonly [name: string, thrown: unknown, described: string][] = [
  [
    "an Error",
    new TypeError("x is undefined\n    at secret.ts"),
    "TypeError: x is undefined     at secret.ts",
  ],
  ["a string", "no reason", "no reason"],
  ["null", null, "a thrown null"],
  ["undefined", undefined, "a thrown undefined"],
  ["a number", 7, "a thrown number"],
  ["an object with hostile getters", hostile, "a thrown value that cannot be read"],
];

describe("Connection, a handler that fails (S13)", () => {
  test.each(oddities)(
    "ends the connection when it throws %s, and tells the peer nothing of it",
    async (_, thrown, described) => {
      const failures: unknown[] = [];
      const seen: string[] = [];
      const server = serverConnection(
        {
          ask({ text }) {
            seen.push(text);
            throw thrown;
          },
        },
        {
          observer: {
            onHandlerError: (_connection, name, error) => void failures.push([name, error]),
          },
        },
      );
      const socket = openSocket(server);
      server.receive(fromClient(ask("one"), ask("two")));
      expect(seen).toEqual(["one"]);
      expect(server.closeReason).toEqual({
        code: "internal",
        message: `The server failed to handle "ask": ${described}`,
        origin: "local",
      });
      expect(failures).toEqual([["ask", thrown]]);
      await turn();
      expect(heardByClient(socket).slice(1)).toEqual([
        { type: "$error", code: "internal", message: 'The server failed to handle "ask"' },
      ]);
    },
  );

  test.each(oddities)(
    "ends the connection when it rejects with %s",
    async (_, thrown, described) => {
      const server = serverConnection({ ask: () => Promise.reject(thrown) });
      const socket = openSocket(server);
      server.receive(fromClient(ask("one")));
      await turn();
      expect(server.closeReason).toMatchObject({
        code: "internal",
        message: `The server failed to handle "ask": ${described}`,
      });
      expect(heardByClient(socket).at(-1)).toMatchObject({ type: "$error", code: "internal" });
    },
  );

  test("is only reported when it rejects after the end", async () => {
    const failures: unknown[] = [];
    const work = Promise.withResolvers<void>();
    const server = serverConnection(
      { ask: () => work.promise },
      { observer: { onHandlerError: (_, name, error) => void failures.push([name, error]) } },
    );
    openSocket(server);
    server.receive(fromClient(ask("one")));
    server.socketClosed(new Error("gone"));
    work.reject(new Error("late"));
    await turn();
    expect(failures).toEqual([["ask", new Error("late")]]);
    expect(server.closeReason?.code).toBe("connection-reset");
  });

  test("is not reported when all it did was answer a peer that is gone", async () => {
    const failures: unknown[] = [];
    const server = serverConnection(
      {
        async ask({ text }, connection) {
          await turn();
          connection.send({ type: "reply", text });
        },
      },
      { observer: { onHandlerError: (_, name, error) => void failures.push([name, error]) } },
    );
    openSocket(server);
    server.receive(fromClient(ask("one")));
    server.destroy();
    await turn();
    await turn();
    expect(failures).toEqual([]);
  });

  test("takes a result that only looks like a promise for what it is (C9)", async () => {
    const results: unknown[] = JSON.parse('[null, 5, {"then": "a word"}, {"then": null}]');
    const server = serverConnection({ ask: () => results.shift() as never });
    openSocket(server);
    server.receive(fromClient(ask("1"), ask("2"), ask("3"), ask("4")));
    await turn();
    expect(results).toEqual([]);
    expect(server.state).toBe("open");
  });

  test("does not stop other messages while a promise is under way", async () => {
    const seen: string[] = [];
    const server = serverConnection({
      async ask({ text }) {
        await turn();
        seen.push(text);
      },
    });
    openSocket(server);
    server.receive(fromClient(ask("one"), ask("two")));
    await turn();
    await turn();
    expect(seen).toEqual(["one", "two"]);
  });
});
