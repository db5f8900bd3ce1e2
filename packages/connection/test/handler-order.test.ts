// The order of one connection's handlers: which wait for which, and what becomes of those that wait at the end.

import { describe, expect, test } from "bun:test";
import { FakeClock, resetByPeer } from "@typewire/testkit";

import {
  type ConnectionLimits,
  createEndpoint,
  type HandlerOrder,
  LiveConnection,
} from "../src/index.ts";
import { fromClient, heardByClient, openSocket, type ServerSide, talk, turn } from "./talk.ts";

const ask = (text: string) => ({ type: "ask", text }) as const;
const reply = (text: string) => ({ type: "reply", text }) as const;

/** A connection whose handlers, and `onOpen`, end when the test says so, and then answer with their text. */
function open(order?: HandlerOrder, limits: Partial<ConnectionLimits> = {}) {
  const events: string[] = [];
  const works = new Map<string, PromiseWithResolvers<void>>();
  const work = async (name: string, self: { send(message: ReturnType<typeof reply>): boolean }) => {
    events.push(`start ${name}`);
    const until = Promise.withResolvers<void>();
    works.set(name, until);
    await until.promise;
    events.push(`end ${name}`);
    self.send(reply(name));
  };
  const clock = new FakeClock();
  const endpoint = createEndpoint(
    talk,
    "server",
    {
      ask: ({ text }, self) => (text.startsWith("sync") ? events.push(text) : work(text, self)),
    },
    { order, limits, clock, observers: [{ onOpen: (self) => work("open", self) }] },
  );
  const connection: ServerSide = new LiveConnection(endpoint, "peer");
  const socket = openSocket(connection);
  const end = async (name: string, error?: Error): Promise<void> => {
    if (error === undefined) works.get(name)?.resolve();
    else works.get(name)?.reject(error);
    await turn();
  };
  const heard = () =>
    heardByClient(socket).flatMap((message) => (message.type === "reply" ? [message.text] : []));
  return { connection, socket, endpoint, clock, events, end, heard };
}

describe('order: "concurrent"', () => {
  test("is the default: handlers start in order and wait for none, nor for onOpen", async () => {
    const { connection, events, end, heard } = open();
    connection.receive(fromClient(ask("1"), ask("2")));
    expect(events).toEqual(["start open", "start 1", "start 2"]);
    await end("2");
    await end("1");
    await end("open");
    expect(heard()).toEqual(["2", "1", "open"]);
  });
});

describe('order: "sequential"', () => {
  test("starts each handler when the one before has ended, the first after onOpen", async () => {
    const { connection, events, end, heard } = open("sequential");
    connection.receive(fromClient(ask("1"), ask("sync 2"), ask("3")));
    expect(events).toEqual(["start open"]);
    expect(connection.stats.handlersInFlight).toBe(4);
    await end("open");
    await end("1");
    await end("3");
    expect(events).toEqual([
      "start open",
      "end open",
      "start 1",
      "end 1",
      "sync 2",
      "start 3",
      "end 3",
    ]);
    expect(heard()).toEqual(["open", "1", "3"]);
    expect(connection.stats).toMatchObject({ handlersInFlight: 0, messagesUnhandled: 0 });
  });

  test("still answers pings while handlers wait, and reads no more than handlersInFlight", async () => {
    const { connection, socket, clock, end, events } = open("sequential", { handlersInFlight: 4 });
    connection.receive(fromClient(ask("1"), { type: "$ping" }));
    await turn();
    expect(heardByClient(socket).at(-1)?.type).toBe("$pong");
    connection.receive(fromClient(...["2", "3", "4", "5", "6"].map(ask)));
    expect(connection.stats.messagesReceived).toBe(3);
    for (const name of ["open", "1", "2", "3", "4", "5", "6"]) {
      await end(name);
      clock.advance(0);
      await turn();
    }
    expect(events.filter((event) => event.startsWith("end")).length).toBe(7);
  });

  test("ends a connection whose handler never ends, as before", async () => {
    const { connection, clock } = open("sequential", {
      handlersInFlight: 2,
      handlersStallMs: 1_000,
    });
    connection.receive(fromClient(ask("1"), ask("2"), ask("3")));
    for (let second = 0; second < 4; second += 1) clock.advance(1_000);
    await turn();
    expect(connection.closeReason?.code).toBe("internal");
    expect(connection.stats.messagesUnhandled).toBe(1);
  });

  test("starts nothing while the program has paused it", async () => {
    const { connection, events, end } = open("sequential");
    await end("open");
    connection.receive(fromClient(ask("1"), ask("2")));
    connection.pause();
    await end("1");
    expect(events.at(-1)).toBe("end 1");
    connection.resume();
    expect(events.at(-1)).toBe("start 2");
  });

  test.each<[string, (peer: ServerSide) => void]>([
    ["ended its half", (peer) => peer.peerEnded()],
    ["said $bye", (peer) => peer.receive(fromClient({ type: "$bye", reason: "done" }))],
  ])("handles all that came before a peer that %s", async (_, leave) => {
    const { connection, end, heard } = open("sequential");
    connection.receive(fromClient(ask("1"), ask("2")));
    leave(connection);
    for (const name of ["open", "1", "2"]) await end(name);
    expect(heard()).toEqual(["open", "1", "2"]);
    expect(connection.stats.messagesUnhandled).toBe(0);
  });

  test("lets all that came have its turn before the $bye of a drain", async () => {
    const { connection, socket, end, heard } = open("sequential");
    connection.receive(fromClient(ask("1"), ask("2")));
    void connection.close({ afterHandlers: true });
    connection.receive(fromClient(ask("too late")));
    for (const name of ["open", "1", "2"]) await end(name);
    expect(heard()).toEqual(["open", "1", "2"]);
    expect(heardByClient(socket).at(-1)?.type).toBe("$bye");
  });

  test.each<[string, (self: ServerSide) => void]>([
    ["closes", (self) => void self.close()],
    ["is destroyed", (self) => self.destroy()],
    ["is reset", (self) => self.socketClosed(resetByPeer())],
    ["is sent no frame", (self) => self.receive(new TextEncoder().encode("GET / HTTP/1.1\r\n"))],
  ])("drops and counts what waits when the connection %s", async (_, finish) => {
    const { connection, endpoint, events, end } = open("sequential");
    connection.receive(fromClient(ask("1"), ask("2")));
    finish(connection);
    await end("open");
    expect(events).toEqual(["start open", "end open"]);
    expect(connection.stats).toMatchObject({ handlersInFlight: 0, messagesUnhandled: 2 });
    expect(endpoint.stats().messagesUnhandled).toBe(2);
  });

  test("starts nothing behind a handler that failed", async () => {
    const { connection, events, end } = open("sequential");
    connection.receive(fromClient(ask("1"), ask("2")));
    await end("open");
    await end("1", new Error("no"));
    expect(connection.closeReason?.code).toBe("internal");
    expect(events.at(-1)).toBe("start 1");
    expect(connection.stats.messagesUnhandled).toBe(1);
  });

  test("refuses an order that is none", () => {
    for (const order of [null, true, "parallel", {}]) {
      expect(() => open(order as never)).toThrow(
        expect.objectContaining({
          code: "option-invalid",
          message: expect.stringContaining('order: expected "concurrent" or "sequential", got '),
        }),
      );
    }
  });
});

describe("a handler whose result is no promise of the language", () => {
  test.each<[string, (resolve: () => void, reject: (error: unknown) => void) => void]>([
    ["resolves twice", (resolve) => [resolve(), resolve()]],
    ["resolves and rejects", (resolve, reject) => [resolve(), reject(new Error("late"))]],
    [
      "resolves and throws",
      (resolve) => {
        resolve();
        throw new Error("late");
      },
    ],
  ])("counts it once when it %s", async (_, then) => {
    const failures: unknown[] = [];
    const endpoint = createEndpoint(
      talk,
      "server",
      // oxlint-disable-next-line unicorn/no-thenable -- a thenable of a user's is what is tested
      { ask: () => ({ then }) },
      {
        clock: new FakeClock(),
        observers: [{ onHandlerError: (_, name) => void failures.push(name) }],
      },
    );
    const connection: ServerSide = new LiveConnection(endpoint, "peer");
    openSocket(connection);
    connection.receive(fromClient(ask("1"), ask("2")));
    await turn();
    expect(connection.stats.handlersInFlight).toBe(0);
    expect(connection.state).toBe("open");
    expect(failures).toEqual([]);
  });

  test("counts one that throws at once as failed, and never as under way", async () => {
    const endpoint = createEndpoint(
      talk,
      "server",
      {
        ask: () => ({
          // oxlint-disable-next-line unicorn/no-thenable -- a thenable of a user's is what is tested
          then() {
            throw new Error("no");
          },
        }),
      },
      { clock: new FakeClock() },
    );
    const connection: ServerSide = new LiveConnection(endpoint, "peer");
    openSocket(connection);
    connection.receive(fromClient(ask("1")));
    await turn();
    expect(connection.closeReason?.code).toBe("internal");
    expect(connection.stats.handlersInFlight).toBe(0);
  });
});
