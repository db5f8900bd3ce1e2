// What a server tells its observers of connections that it has not taken, over sockets made of arrays.

import { describe, expect, test } from "bun:test";

import type { SharedSecret, SocketUser } from "@typewire/connection";
import { saludo } from "@typewire/protocol/saludo";
import { FakeClock, MemorySocket } from "@typewire/testkit";

import { type Accept, LiveServer, type ServerObserver, type ServerOptions } from "../src/index.ts";

/** Asks for a proof that no client of these tests has. */
const secret: SharedSecret = {
  hmacSha256: (bytes) => new Uint8Array(32).fill(bytes.length),
  randomBytes: (count) => new Uint8Array(count),
};

/** A server in memory, and a way to connect to it. */
function serving(options: ServerOptions<typeof saludo>, guarded = false) {
  let accept: Accept | undefined;
  const reported: unknown[] = [];
  const server = new LiveServer(saludo, { clock: new FakeClock(), ...options }, undefined, {
    listen(given) {
      accept = given;
      return { address: "memory", hostname: undefined, port: undefined, stop() {} };
    },
    ...(guarded && { secret }),
    handlerFailed: ({ name }, handlerName, error) => void reported.push([name, handlerName, error]),
  });
  const connect = (name: string): SocketUser | undefined => {
    const socket = new MemorySocket();
    const cut = (): void => socket.terminate();
    const user = accept?.({ name, ipAddress: undefined, isBeyondLimit: false, cut });
    if (user !== undefined) socket.events = user;
    user?.opened(socket);
    return user;
  };
  return { server, connect, reported };
}

const turn = (): Promise<void> => new Promise(setImmediate);

describe("ServerObserver", () => {
  test("hears of a connection that never opened, in the place of its end", async () => {
    const events: string[] = [];
    const observer: ServerObserver<typeof saludo> = {
      onOpen: ({ name }) => events.push(`${name} opens`),
      onClose: ({ name }) => void events.push(`${name} closes`),
      onNotOpened: ({ name, wasOpen }, { code }) => void events.push(`${name} ${wasOpen} ${code}`),
    };
    const { connect } = serving({ observers: [observer] }, true);
    connect("stranger")?.socketClosed(new Error("reset"));
    await turn();
    expect(events).toEqual(["stranger false connection-reset"]);
  });

  test("hears which peer was turned away, and because of which limit", () => {
    const events: unknown[] = [];
    const onTurnedAway = (...event: unknown[]): void => void events.push(event);
    const { connect } = serving({ maxConnections: 1, onTurnedAway, observers: [{ onTurnedAway }] });
    connect("first");
    connect("second");
    expect(events).toEqual([
      ["second", "maxConnections"],
      ["second", "maxConnections"],
    ]);
  });

  test("that throws is reported by the observer's method, and the server goes on", () => {
    const error = new Error("full disk");
    const fail = (): never => {
      throw error;
    };
    const heard: unknown[] = [];
    const options = {
      maxConnections: 1,
      onTurnedAway: fail,
      onNotOpened: fail,
      observers: [
        { onHandlerError: (...[, name, failure]: unknown[]) => void heard.push([name, failure]) },
      ],
    };
    const guarded = serving(options, true);
    guarded.connect("stranger")?.socketClosed(new Error("reset"));
    expect(heard).toEqual([["onNotOpened", error]]);
    expect(guarded.reported).toEqual([]);

    const full = serving(options);
    full.connect("first");
    full.connect("second");
    // Where there is no connection, only the host can be told.
    expect(full.reported).toEqual([["second", "onTurnedAway", error]]);
    expect(full.server.stats()).toMatchObject({ connections: 1, turnedAway: 1 });
  });

  test("may end the connection that it is told of", async () => {
    const codes: string[] = [];
    const { server, connect } = serving({
      onOpen: (connection) => connection.destroy("shutting-down"),
      onClose: (_, { code }) => void codes.push(code),
    });
    connect("unwelcome");
    await turn();
    expect(codes).toEqual(["shutting-down"]);
    expect(server.connections.size).toBe(0);
  });
});
