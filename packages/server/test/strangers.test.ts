// A server whose peers have to say hello: the places of those that have not yet, on sockets in memory.

import { describe, expect, test } from "bun:test";

import type { SocketUser } from "@typewire/connection";
import { controlFrame } from "@typewire/protocol/internal";
import { saludo } from "@typewire/protocol/saludo";
import { collect, FakeClock, MemorySocket } from "@typewire/testkit";

import { type Accept, LiveServer, type ServerOf } from "../src/index.ts";
import { PRESSED_DEADLINE_MS } from "../src/lobby.ts";

/** A server with a `requireHello`, on so many sockets, and what it told. */
class Place {
  readonly clock = new FakeClock();
  /** Peers that ended before they were open, and those that were turned away. */
  readonly notOpened: string[] = [];
  readonly turnedAway: string[] = [];
  /** Peers whose sockets were cut in their TLS handshake. */
  readonly cut: string[] = [];
  readonly server: ServerOf<typeof saludo>;
  #accept: Accept | undefined;

  constructor(maxConnections: number, sockets: number) {
    this.server = new LiveServer(
      saludo,
      {
        clock: this.clock,
        maxConnections,
        limits: { requireHello: true },
        onNotOpened: ({ name }, { code }) => this.notOpened.push(`${name} ${code}`),
        onTurnedAway: (name) => this.turnedAway.push(name),
      },
      {},
      {
        sockets,
        listen: (accept) => {
          this.#accept = accept;
          return { address: "memory", hostname: undefined, port: undefined, stop() {} };
        },
        handlerFailed() {},
      },
    );
  }

  /** A peer in its TLS handshake. */
  handshaking(name: string): SocketUser | undefined {
    const cut = (): void => void this.cut.push(name);
    return this.#accept?.({ name, ipAddress: undefined, isBeyondLimit: false, cut });
  }

  /** A peer that is connected and silent. */
  connect(name: string): MemorySocket {
    const socket = new MemorySocket();
    const user = this.#accept?.({
      name,
      ipAddress: undefined,
      isBeyondLimit: false,
      cut: () => socket.terminate(),
    });
    if (user !== undefined) socket.events = user;
    user?.opened(socket);
    return socket;
  }

  get names(): readonly string[] {
    return [...this.server.connections].map(({ name }) => name);
  }
}

function sayHello(socket: MemorySocket): void {
  socket.events?.receive(helloFrame);
}

const helloFrame = controlFrame(saludo.client, { type: "$hello", protocol: "saludo", version: 1 });

/** What the server has said to this peer. */
async function heard(socket: MemorySocket): Promise<readonly string[]> {
  await new Promise((resolve) => setImmediate(resolve));
  return collect([socket.written]).map((payload) => {
    const message = saludo.server.decodeIncoming(payload, 0, payload.length);
    return message.type === "$error" ? message.code : message.type;
  });
}

describe("Server, with strangers", () => {
  test("keeps a quarter of the places for them, and cuts the oldest first", () => {
    const place = new Place(4, 6);
    // Two sockets for refused peers are spare.
    for (const name of ["a", "b", "c"]) place.connect(name);
    expect(place.names).toEqual(["a", "b", "c"]);
    place.connect("d");
    expect(place.names).toEqual(["b", "c", "d"]);
    place.clock.advance(PRESSED_DEADLINE_MS);
    expect(place.names).toEqual(["d"]);
    expect(place.server.stats().closedByReason).toEqual({ "too-many-connections": 3 });
    expect(place.turnedAway).toEqual([]);
  });

  test("leaves peers that have said hello alone", () => {
    const place = new Place(4, 6);
    const one = place.connect("one");
    sayHello(one);
    for (let index = 0; index < 10; index += 1) place.connect(`stranger ${index}`);
    place.clock.advance(PRESSED_DEADLINE_MS);
    expect(place.names).toEqual(["one", "stranger 9"]);
  });

  test("ends a TLS handshake of the oldest as well, and says so", () => {
    const place = new Place(4, 6);
    for (const name of ["a", "b", "c", "d"]) place.handshaking(name);
    expect(place.cut).toEqual(["a"]);
    expect(place.notOpened).toEqual(["a too-many-connections"]);
    expect(place.names).toEqual(["b", "c", "d"]);
  });

  test("turns a peer away while peers that belong hold all places", async () => {
    const place = new Place(2, 4);
    for (const name of ["a", "b"]) sayHello(place.connect(name));
    const third = place.connect("c");
    expect(await heard(third)).toEqual(["too-many-connections"]);
    expect(place.turnedAway).toEqual(["c"]);
    expect(place.names).toEqual(["a", "b"]);
  });

  test("tells one that proves itself after the last place was taken", async () => {
    const place = new Place(2, 10);
    const sockets = ["a", "b", "c"].map((name) => place.connect(name));
    for (const socket of sockets) sayHello(socket);
    expect(await Promise.all(sockets.map(heard))).toEqual([
      ["$hello"],
      ["$hello"],
      ["too-many-connections"],
    ]);
    sockets[2]?.events?.peerEnded();
    place.clock.advance(PRESSED_DEADLINE_MS);
    expect(place.names).toEqual(["a", "b"]);
  });
});
