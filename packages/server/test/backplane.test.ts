// Servers joined by a bus within this process: what one says reaches the clients of the other, as it would its own.

import { describe, expect, test } from "bun:test";

import { embedded } from "@typewire/backplane";
import type { BackplaneEvent, Gap } from "@typewire/backplane";
import { decodeHeader, HEADER_BYTES } from "@typewire/protocol";
import { saludo } from "@typewire/protocol/saludo";
import { ByteWriter } from "@typewire/protocol/internal";
import type { FakeClock, MemorySocket } from "@typewire/testkit";

import type { ServerOptions } from "../src/index.ts";
import { connected } from "./support/connected.ts";

const welcome = { type: "welcome", text: "hola" } as const;
const long = { type: "welcome", text: "hola ".repeat(20_000) } as const;

/** The types of the messages that a socket was given. */
function typesOf({ written }: MemorySocket): readonly string[] {
  const types: string[] = [];
  const bytes = new Uint8Array(written);
  for (let position = 0; position < bytes.length;) {
    const start = position + HEADER_BYTES;
    position = start + decodeHeader(bytes, position);
    types.push(saludo.server.decodeIncoming(bytes, start, position).type);
  }
  return types;
}

async function settle(clocks: readonly FakeClock[], byMs = 0): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
  for (const clock of clocks) clock.advance(byMs);
  for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
}

/** Two servers on one bus, of one and three connections, that know each other. */
async function joined(options: ServerOptions<typeof saludo> = {}) {
  const backplane = embedded();
  const here = connected(1, { backplane, ...options });
  const there = connected(3, { backplane, ...options });
  const clocks = [here.clock, there.clock];
  await settle(clocks);
  await settle(clocks, 250);
  return { here, there, clocks };
}

describe("a server with a backplane", () => {
  test("broadcasts to the clients of the others, and says how many of its own have it", async () => {
    const { here, there, clocks } = await joined();
    expect(here.server.broadcast(welcome)).toBe(1);
    expect(here.server.broadcast(welcome)).toBe(1);
    await settle(clocks);
    for (const socket of there.sockets)
      expect(typesOf(socket)).toEqual(["$hello", "welcome", "welcome"]);
    expect(there.connections.map(({ stats }) => stats.messagesSent)).toEqual([2, 2, 2]);
    expect(there.server.stats().messagesSent).toBe(6);
  });

  test("publishes to the members of a topic wherever they are, and to no other", async () => {
    const { here, there, clocks } = await joined();
    there.connections[1]?.subscribe("room");
    await settle(clocks);
    await settle(clocks, 250);
    expect(here.server.publish("room", welcome)).toBe(0);
    await settle(clocks);
    expect(there.connections.map(({ stats }) => stats.messagesSent)).toEqual([0, 1, 0]);
  });

  test("counts members and connections of all, and says of how many servers", async () => {
    const { here, there, clocks } = await joined();
    here.connections[0]?.subscribe("room");
    for (const connection of there.connections) connection.subscribe("room");
    await settle(clocks);
    for (let beat = 0; beat < 3; beat += 1) await settle(clocks, 250);
    expect(here.server.subscribers("room")).toEqual({ members: 4, servers: 2 });
    expect(here.server.subscribers("empty")).toEqual({ members: 0, servers: 2 });
    expect(here.server.countConnections()).toEqual({ connections: 4, servers: 2 });
    there.connections[0]?.destroy();
    await settle(clocks, 250);
    expect(here.server.subscribers("room").members).toBe(3);
    expect(here.server.countConnections().connections).toBe(3);
  });

  test("leaves out `except` here, and what `whenSlow` says there, counted there", async () => {
    const { here, there, clocks } = await joined();
    here.connections[0]?.subscribe("room");
    for (const connection of there.connections) connection.subscribe("room");
    await settle(clocks);
    await settle(clocks, 250);
    const [slow] = there.sockets;
    if (slow === undefined) throw new Error("There is no such socket");
    slow.room = 0;
    const options = { whenSlow: "drop", except: here.connections[0] } as const;
    for (let count = 0; count < 3; count += 1) here.server.publish("room", long, options);
    await settle(clocks);
    for (let count = 0; count < 5; count += 1) here.server.publish("room", welcome, options);
    here.server.publish("room", welcome);
    await settle(clocks);
    expect(here.connections[0]?.stats.messagesSent).toBe(1);
    expect(there.server.stats().messagesDropped).toBe(5);
    expect(here.server.stats().messagesDropped).toBe(0);
    expect(there.connections.map(({ stats }) => stats.messagesSent)).toEqual([4, 9, 9]);
  });

  test("gives a client with a smaller frame limit what it takes, and counts the rest as undelivered", async () => {
    const undelivered: number[] = [];
    const { here, there, clocks } = await joined({
      onUndelivered: (_connection, messages) => void undelivered.push(messages.length),
    });
    sayHello(there.sockets[0], { maxFrameBytes: 256 });
    here.server.broadcast(welcome);
    here.server.broadcast({ type: "welcome", text: "x".repeat(1000) });
    here.server.broadcast(welcome);
    await settle(clocks);
    expect(there.connections.map(({ stats }) => stats.messagesSent)).toEqual([2, 3, 3]);
    expect(there.connections.map(({ stats }) => stats.messagesUndelivered)).toEqual([1, 0, 0]);
    expect(undelivered).toEqual([1]);
  });

  test("tells an observer each message that it passes on", async () => {
    const sent: string[] = [];
    const { here, clocks } = await joined({
      onSent: (_connection, message) => void sent.push(message.type),
    });
    here.server.broadcast(welcome);
    here.server.broadcast(welcome);
    await settle(clocks);
    expect(sent).toHaveLength(2 + 3 * 2);
  });

  test("tells a gap to the members that ask for it, and to `onGap`", async () => {
    const gaps: Gap[] = [];
    const events: BackplaneEvent[] = [];
    let gap: ((gap: Gap) => void) | undefined;
    const { sockets } = connected(2, {
      onGap: (told) => void gaps.push(told),
      onBackplane: (event) => void events.push(event),
      backplane: {
        join(server) {
          ({ gap } = server);
          server.event({ type: "server-left", node: "a", servers: 1 });
          return embedded().join(server);
        },
      },
    });
    sayHello(sockets[1], { features: ["of a later time", "gap"] });
    const told = { topic: undefined, node: "a", from: 3, missed: 2, why: "bus" } as const;
    gap?.(told);
    await Promise.resolve();
    expect(gaps).toEqual([told]);
    expect(events[0]).toEqual({ type: "server-left", node: "a", servers: 1 });
    expect(sockets.map(typesOf)).toEqual([["$hello"], ["$hello", "$gap"]]);
  });

  test("refuses what is no backplane, and without one has no figures of it", () => {
    expect(() => connected(0, { backplane: {} as never })).toThrow(
      "backplane: expected what nats() or embedded() returns, got an object",
    );
    const { server } = connected(1);
    expect("backplane" in server.stats()).toBe(false);
    expect(server.countConnections()).toEqual({ connections: 1, servers: 1 });
  });

  test("is counted by the others while it drains, as long as it has connections", async () => {
    const { here, there, clocks } = await joined();
    for (const connection of there.connections) connection.subscribe("room");
    const drained = there.server.drain({ timeoutMs: 1000 });
    await settle(clocks, 250);
    expect(here.server.countConnections()).toEqual({ connections: 4, servers: 2 });
    // Who has heard `$bye` hears nothing more that is published.
    expect(here.server.subscribers("room")).toEqual({ members: 0, servers: 2 });
    there.connections[0]?.destroy();
    await settle(clocks, 250);
    expect(here.server.countConnections()).toEqual({ connections: 3, servers: 2 });
    await settle(clocks, 500);
    await drained;
    expect(here.server.countConnections()).toEqual({ connections: 1, servers: 1 });
    expect(here.server.subscribers("room")).toEqual({ members: 0, servers: 1 });
    here.server.broadcast(welcome);
    await settle(clocks);
    expect(here.server.stats().backplane).toMatchObject({
      state: "up",
      servers: 1,
      messagesSent: 1,
    });
    here.server.stop();
  });
});

function sayHello(
  socket: MemorySocket | undefined,
  more: { readonly maxFrameBytes?: number; readonly features?: string[] },
): void {
  const writer = new ByteWriter();
  const { name: protocol, version } = saludo;
  saludo.client.encodeInto({ type: "$hello", protocol, version, ...more }, writer);
  socket?.events?.receive(writer.copy());
}
