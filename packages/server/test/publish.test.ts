// Topics of a server, over sockets made of arrays: who gets what is published, and who no longer does.

import { describe, expect, test } from "bun:test";

import { LiveConnection } from "@typewire/connection";
import { controlFrame } from "@typewire/protocol/internal";
import { saludo } from "@typewire/protocol/saludo";

import { connected } from "./support/connected.ts";

const welcome = { type: "welcome", text: "hola" } as const;
const long = { type: "welcome", text: "hola ".repeat(20_000) } as const;

describe("Server.publish", () => {
  test("reaches those who have subscribed, once, in order, and says how many", async () => {
    const { server, clock, sockets, connections } = connected(3);
    connections[0]?.subscribe("room.1");
    connections[0]?.subscribe("room.1");
    connections[2]?.subscribe("room.1");
    connections[1]?.subscribe("room.2");
    expect(server.publish("room.1", welcome)).toBe(2);
    expect(server.publish("room.2", welcome)).toBe(1);
    expect(server.publish("room.3", welcome)).toBe(0);
    await Promise.resolve();
    clock.advance(0);
    expect(connections.map((connection) => connection.stats.messagesSent)).toEqual([1, 1, 1]);
    const texts = sockets.map((socket) => Buffer.from(socket.written).toString("latin1"));
    expect(texts.map((text) => text.split("hola").length - 1)).toEqual([1, 1, 1]);
  });

  test("leaves out `except`, those who have unsubscribed and those whose end has begun", () => {
    const { server, connections } = connected(4);
    for (const connection of connections) connection.subscribe("all");
    connections[1]?.unsubscribe("all");
    void connections[2]?.close();
    expect(server.publish("all", welcome, { except: connections[0] })).toBe(1);
    expect(connections[3]?.stats.messagesSent).toBe(1);
  });

  test("leaves no trace of a connection that has ended, and takes no subscription of one", () => {
    const { server, connections } = connected(2);
    for (const connection of connections) connection.subscribe("all");
    expect(server.subscribers("all")).toEqual({ members: 2, servers: 1 });
    void connections[0]?.close();
    connections[0]?.subscribe("all");
    expect(connections[0]?.state).toBe("draining");
    expect(server.subscribers("all")).toEqual({ members: 1, servers: 1 });
    connections[1]?.destroy();
    connections[1]?.subscribe("all");
    expect(server.subscribers("all")).toEqual({ members: 0, servers: 1 });
  });

  test("reaches each member once where an observer subscribes, ends and publishes meanwhile", () => {
    const sent: string[] = [];
    const { server, connections } = connected(5, {
      onSent({ name }, message) {
        const text = message.type === "welcome" ? message.text : "";
        sent.push(`${name} ${text}`);
        const connection = connections.find((each) => each.name === name);
        connection?.unsubscribe("all");
        connection?.subscribe("all");
        if (text !== "hola" || name !== "peer 0") return;
        connections[1]?.destroy();
        connections[2]?.unsubscribe("all");
        connections[4]?.subscribe("all");
        server.publish("all", { type: "welcome", text: "nested" });
      },
    });
    for (const connection of connections.slice(0, 4)) connection.subscribe("all");
    expect(server.publish("all", welcome)).toBe(2);
    expect(sent).toEqual([
      "peer 0 hola",
      "peer 3 nested",
      "peer 0 nested",
      "peer 4 nested",
      "peer 3 hola",
    ]);
    expect(server.subscribers("all")).toEqual({ members: 3, servers: 1 });
  });

  test("comes to an end where a member whom a message does not reach subscribes again", () => {
    let untold = 0;
    const { server, connections } = connected(2, {
      onUndelivered(connection) {
        untold += 1;
        if (untold > 9) throw new Error("The publication does not end");
        connections.find((each) => each === connection)?.unsubscribe("all");
        connections.find((each) => each === connection)?.subscribe("all");
      },
    });
    const [small] = connections;
    if (!(small instanceof LiveConnection)) throw new Error("There is no such connection");
    const hello = { type: "$hello", protocol: "saludo", version: 1, maxFrameBytes: 256 } as const;
    small.receive(controlFrame(saludo.client, hello));
    for (const connection of connections) connection.subscribe("all");
    expect(server.publish("all", long)).toBe(1);
    expect(untold).toBe(1);
  });

  test.each([
    ["drop", 1, 1],
    ["close", 2, 0],
  ] as const)(
    "of a slow member with %s, tells %d and drops %d",
    async (whenSlow, told, dropped) => {
      const { server, clock, sockets, connections } = connected(2);
      for (const connection of connections) connection.subscribe("all");
      const [slow] = sockets;
      if (slow === undefined) throw new Error("There is no such socket");
      slow.room = 0;
      for (let count = 0; count < 3; count += 1) server.publish("all", long, { whenSlow });
      await Promise.resolve();
      clock.advance(0);
      expect(server.publish("all", welcome, { whenSlow })).toBe(told);
      expect(server.stats().messagesDropped).toBe(dropped);
      expect(connections[1]?.stats.messagesSent).toBe(4);
      expect(server.connections.size).toBe(2);
    },
  );

  test("does not take what one turn sends for slowness", () => {
    const { server, connections } = connected(1);
    connections[0]?.subscribe("all");
    let sent = 0;
    for (let count = 0; count < 20; count += 1)
      sent += server.publish("all", long, { whenSlow: "drop" });
    expect(sent).toBe(20);
    expect(server.stats().messagesDropped).toBe(0);
  });

  test("refuses what is no policy, no topic and no message, and sends nothing", () => {
    const { server, connections } = connected(1);
    connections[0]?.subscribe("all");
    const publish = (topic: unknown, message: unknown, options?: unknown) => () =>
      server.publish(topic as string, message as typeof welcome, options as object);
    expect(publish("all", welcome, { whenSlow: "wait" })).toThrow(
      'whenSlow: expected "close" or "drop", got a text',
    );
    expect(publish("a b", welcome)).toThrow(expect.objectContaining({ code: "topic-invalid" }));
    expect(publish("all", { type: "welcome" })).toThrow(
      expect.objectContaining({ code: "schema-mismatch" }),
    );
    expect(connections[0]?.stats.messagesSent).toBe(0);
  });
});
