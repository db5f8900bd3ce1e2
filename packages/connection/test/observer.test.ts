// Observers of a connection: what they are told, in which order, and that none of them can do harm.

import { describe, expect, test } from "bun:test";
import { TypewireError } from "@typewire/protocol";
import { FakeClock, resetByPeer } from "@typewire/testkit";

import { createEndpoint, LiveConnection, type Observer } from "../src/index.ts";
import {
  clientHello,
  type FromClient,
  fromClient,
  type FromServer,
  heardByClient,
  openSocket,
  serverConnection,
  talk,
  turn,
} from "./talk.ts";

const ask = (text: string) => ({ type: "ask", text }) as const;
const reply = (text: string) => ({ type: "reply", text }) as const;

const refusal = { type: "$error", code: "unknown-type", message: "what?" } as const;

/** A server's connection with these observers, what its handlers saw, and the failures that no observer was told of. */
function observed(...observers: Observer<FromServer, FromClient>[]) {
  const texts: string[] = [];
  const reported: unknown[] = [];
  const endpoint = createEndpoint(
    talk,
    "server",
    {
      ask({ text }, self) {
        texts.push(text);
        self.send(reply(text));
      },
    },
    {
      clock: new FakeClock(),
      observers,
      reportFailure: (_, name, error) => void reported.push([name, error]),
    },
  );
  return { connection: new LiveConnection(endpoint, "peer"), texts, reported };
}

/** Notes the events of a connection under `name`, each with whatever else it has. */
function noting(name: string, events: unknown[]): Observer {
  return {
    onOpen: (self) => void events.push([name, "open", self.name]),
    onClose: (self, { code }) => void events.push([name, "close", self.name, code]),
    onHello: (self, hello) => void events.push([name, "hello", self.name, hello.protocol]),
    onRefused: (self, { code }) => void events.push([name, "refused", self.name, code]),
    onPeerError: (self, { code }) => void events.push([name, "peer error", self.name, code]),
    onUndelivered: (self, messages) => void events.push([name, "undelivered", self.name, messages]),
    onSent: (self, message) => void events.push([name, "sent", self.name, message]),
    onReceived: (self, message) => void events.push([name, "received", self.name, message]),
  };
}

describe("Observer", () => {
  test("hears of everything in order, with the connection first, the first observer first", async () => {
    const events: unknown[] = [];
    const { connection } = observed(noting("log", events), noting("metrics", events));
    const socket = openSocket(connection);
    connection.receive(fromClient(clientHello, ask("one"), clientHello, refusal));
    await turn();
    socket.room = 0;
    connection.send(reply("lost"));
    await turn();
    connection.socketClosed(resetByPeer());
    await turn();
    const each = [
      ["open", "peer"],
      ["hello", "peer", "talk"],
      ["received", "peer", ask("one")],
      ["sent", "peer", reply("one")],
      ["refused", "peer", "schema-mismatch"],
      ["peer error", "peer", "unknown-type"],
      ["sent", "peer", reply("lost")],
      ["undelivered", "peer", [reply("lost")]],
      ["close", "peer", "connection-reset"],
    ];
    expect(events).toEqual(
      each.flatMap((event) => [
        ["log", ...event],
        ["metrics", ...event],
      ]),
    );
  });

  test("is called as a method of itself, also where its class has the methods", () => {
    class Counter implements Observer {
      #opened = 0;
      get opened(): number {
        return this.#opened;
      }
      onOpen(): void {
        this.#opened += 1;
      }
    }
    const counter = new Counter();
    openSocket(observed(counter).connection);
    expect(counter.opened).toBe(1);
  });

  test("hears of no end where there was no beginning", async () => {
    const events: unknown[] = [];
    const { connection } = observed(noting("log", events));
    connection.destroy();
    await turn();
    expect(events).toEqual([]);
  });

  test("is what endpoint.observers has, and nothing where no observer asks", () => {
    const { observers } = createEndpoint(talk, "server", {}, { observers: [{ onSent() {} }, {}] });
    expect(Object.keys(observers).length).toBe(9);
    const asked = Object.entries(observers).filter(([, teller]) => teller !== undefined);
    expect(asked.map(([name]) => name)).toEqual(["onSent", "onHandlerError"]);
  });

  test("is refused where a method is no function", () => {
    const observers = [{ onRefused: "log" }] as unknown as readonly Observer<FromServer>[];
    expect(() => createEndpoint(talk, "server", {}, { observers })).toThrow(
      "onRefused: expected a function",
    );
  });

  test("holds a drain until its onOpen has settled", async () => {
    const opening = Promise.withResolvers<void>();
    const { connection } = observed({ onOpen: () => opening.promise });
    const socket = openSocket(connection);
    expect(connection.stats.handlersInFlight).toBe(1);
    void connection.close({ afterHandlers: true });
    expect(connection.state).toBe("open");
    opening.resolve();
    await turn();
    await turn();
    expect(connection.state).toBe("draining");
    expect(heardByClient(socket).at(-1)?.type).toBe("$bye");
  });
});

describe("Observer, one that fails", () => {
  const failures: readonly [name: string, error: Error][] = [
    ["an error", new Error("full disk")],
    ["an error of ours that is no fault of the peer's", new TypewireError("unknown-type", "x")],
  ];
  const ways: readonly [name: string, fail: (error: Error) => unknown][] = [
    [
      "throws",
      (error) => {
        throw error;
      },
    ],
    ["rejects with", (error) => Promise.reject(error)],
  ];
  const all = ways.flatMap(([how, fail]) =>
    failures.map(([name, error]) => [`${how} ${name}`, () => fail(error), error] as const),
  );

  test.each(all)(
    "%s, is reported, and costs neither message nor connection",
    async (...[, fail, error]) => {
      const { connection, texts, reported } = observed({
        onOpen: fail,
        onSent: fail,
        onReceived: fail,
        onHello: fail,
        onRefused: fail,
        onPeerError: fail,
        onUndelivered: fail,
        onClose: fail,
      });
      const socket = openSocket(connection);
      connection.receive(fromClient(clientHello, ask("one"), clientHello, refusal, ask("two")));
      await turn();
      expect(texts).toEqual(["one", "two"]);
      expect(connection.state).toBe("open");
      const told = heardByClient(socket).slice(1);
      expect(told.map(({ type }) => type)).toEqual(["reply", "$error", "reply"]);
      connection.send(reply("lost"));
      connection.destroy();
      await turn();
      await turn();
      expect(connection.closeReason?.code).toBe("done");
      const names = [
        "onOpen",
        "onHello",
        "onReceived",
        "onSent",
        "onRefused",
        "onPeerError",
      ].concat(["onReceived", "onSent", "onSent", "onUndelivered", "onClose"]);
      const expected = names.map((name) => [name, error]);
      // Rejections come in the order in which they settle.
      const sorted = (list: unknown[]): unknown[] =>
        list.toSorted((a, b) => String(a).localeCompare(String(b)));
      expect(sorted(reported)).toEqual(sorted(expected));
    },
  );

  test("is told to every onHandlerError, its own included, and then to no `reportFailure`", () => {
    const heard: unknown[] = [];
    const error = new Error("full disk");
    const { connection, reported } = observed(
      {
        onOpen() {
          throw error;
        },
        onHandlerError: (self, name, failure) => void heard.push(["own", self.name, name, failure]),
      },
      {
        onHandlerError: (self, name, failure) => void heard.push(["log", self.name, name, failure]),
      },
    );
    openSocket(connection);
    expect(heard).toEqual([
      ["own", "peer", "onOpen", error],
      ["log", "peer", "onOpen", error],
    ]);
    expect(reported).toEqual([]);
  });

  test.each(ways)("in onHandlerError, and %s, is told to the others", async (_, fail) => {
    const heard: unknown[] = [];
    const [first, second] = [new Error("a handler's"), new Error("the log's")];
    const { connection, reported } = observed(
      { onOpen: () => fail(first), onHandlerError: () => fail(second) },
      { onHandlerError: (_self, name, error) => void heard.push([name, error]) },
    );
    openSocket(connection);
    await turn();
    await turn();
    expect(heard).toHaveLength(2);
    expect(heard).toContainEqual(["onOpen", first]);
    expect(heard).toContainEqual(["onHandlerError", second]);
    expect(reported).toEqual([]);
    expect(connection.state).toBe("open");
  });

  test("with every onHandlerError, is reported where failures are by default", () => {
    const broken = (text: string): Observer => ({
      onHandlerError() {
        throw new Error(text);
      },
    });
    const { connection, reported } = observed(broken("one"), broken("two"), {
      onOpen() {
        throw new Error("open");
      },
    });
    openSocket(connection);
    expect(reported).toEqual([
      ["onHandlerError", new Error("two")],
      ["onHandlerError", new Error("one")],
    ]);
    expect(connection.state).toBe("open");
  });

  test("is told apart from a handler, which ends its connection", () => {
    const error = new Error("a handler's");
    const heard: unknown[] = [];
    const connection = serverConnection(
      {
        ask() {
          throw error;
        },
      },
      { observer: { onHandlerError: (_, name, failure) => void heard.push([name, failure]) } },
    );
    openSocket(connection);
    connection.receive(fromClient(ask("one")));
    expect(heard).toEqual([["ask", error]]);
    expect(connection.closeReason?.code).toBe("internal");
  });
});
