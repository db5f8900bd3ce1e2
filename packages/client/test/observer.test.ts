// What a client tells its observers, over sockets made of arrays.

import { describe, expect, test } from "bun:test";

import { ByteWriter } from "@typewire/protocol/internal";
import { saludo } from "@typewire/protocol/saludo";

import type { ClientConnection, ClientObserver, ToldGap } from "../src/client-options.ts";
import { LiveClient } from "../src/live-client.ts";
import { connected, hostOf, Network, say, target, texts, turn } from "./network.ts";

type Connection = ClientConnection<typeof saludo>;

/** An observer that notes what it hears, and of which connection, in the order of their beginning. */
function noting() {
  const events: string[] = [];
  const connections: Connection[] = [];
  const note = (connection: Connection, event: string): void => {
    if (!connections.includes(connection)) connections.push(connection);
    events.push(`${connections.indexOf(connection)} ${event}`);
  };
  const observer: ClientObserver<typeof saludo> = {
    onHello: (connection) => note(connection, "hello"),
    onOpen: (connection) => note(connection, "open"),
    onClose: (connection, { code }) => note(connection, code),
    onUndelivered: (connection, messages) => note(connection, texts(messages).join()),
    onStatus: ({ state }) => void events.push(state),
  };
  return { observer, events };
}

describe("ClientObserver", () => {
  test("hears of each connection in turn, and of the client's state", async () => {
    const { observer, events } = noting();
    const { client, clock, network } = await connected({ observers: [observer] });
    network.socket.room = 0;
    client.send(say("lost"));
    await turn();
    network.lose();
    await turn();
    clock.advance(60_000);
    await turn();
    void client.close();
    network.socket.terminate();
    await client.closed;
    await turn();
    expect(events).toEqual([
      "0 hello",
      "connected",
      "0 open",
      "0 <lost>",
      "reconnecting",
      "0 connection-reset",
      "1 hello",
      "connected",
      "1 open",
      "closed",
      "1 done",
    ]);
  });

  test("hears with resend only of what the client has given up, with the connection that it was last sent on", async () => {
    const { observer, events } = noting();
    const { client, clock, network } = await connected({ resend: true, observers: [observer] });
    network.socket.room = 0;
    client.send(say("one"));
    await turn();
    network.room = 400;
    network.lose();
    await turn();
    clock.advance(60_000);
    await turn();
    network.socket.room = 0;
    client.send(say("two"));
    await turn();
    network.lose();
    void client.close();
    await turn();
    expect(network.said).toEqual(["one"]);
    const ofConnections = events.filter((event) => /^\d (?!hello)/.test(event));
    expect(ofConnections).toEqual([
      "0 open",
      "0 connection-reset",
      "1 open",
      "1 <two>",
      "1 connection-reset",
    ]);
  });

  test("is not told that a connection opens that has ended while messages were sent again", async () => {
    const { observer, events } = noting();
    const { client, clock, network } = await connected({
      resend: true,
      limits: { heartbeatIntervalMs: 0 },
      observers: [observer],
      onStatus({ state }) {
        if (state === "connected" && events.includes("reconnecting")) network.lose();
      },
    });
    network.lose();
    await turn();
    clock.advance(60_000);
    await turn();
    expect(client.state).toBe("reconnecting");
    expect(events).toContain("1 hello");
    const openings = events.filter((event) => / (open|connection-reset)$/.test(event));
    expect(openings).toEqual(["0 open", "0 connection-reset"]);
    void client.close();
  });

  test("that throws in onStatus is reported, and the client goes on", async () => {
    const heard: unknown[] = [];
    const error = new Error("full disk");
    const { client, network, reported } = await connected({
      onStatus() {
        throw error;
      },
      observers: [
        {
          onHandlerError: ({ name }, handler, failure) => void heard.push([name, handler, failure]),
        },
      ],
    });
    expect(client.state).toBe("connected");
    network.lose();
    expect(client.state).toBe("reconnecting");
    await client.close();
    const told = ["127.0.0.1:1", "onStatus", error];
    expect(heard).toEqual([told, told, told]);
    expect(reported).toEqual([]);
  });

  test.each([
    ["onSent: expected a function", { onSent: 5 }],
    ["onStatus: expected a function", { observers: [{ onStatus: "log" }] }],
    ["observers: expected an array of objects", { observers: () => {} }],
    ["observers: expected an array of objects", { observers: [null] }],
  ] as const)("is refused with %s", (message, options) => {
    const host = hostOf(new Network().dial);
    expect(() => new LiveClient(saludo, [target], options as object, {}, host)).toThrow(message);
  });

  test("hears of a gap where it asks, and asks the server for it; else neither", async () => {
    const gaps: ToldGap[] = [];
    const asking = await connected({ onGap: (gap) => void gaps.push(gap) });
    const other = await connected();
    const gap = { type: "$gap", topic: "room", from: 3, missed: 2, why: "bus" } as const;
    const writer = new ByteWriter();
    saludo.server.encodeInto(gap, writer);
    for (const { network, client } of [asking, other]) {
      network.user?.receive(writer.copy());
      expect(client.state).toBe("connected");
      expect(client.stats().messagesUnknown).toBe(0);
    }
    expect(gaps).toEqual([{ topic: "room", from: 3, missed: 2, why: "bus" }]);
    const said = [asking, other].map(({ network }) =>
      new TextDecoder().decode(network.socket.written),
    );
    expect(said.map((text) => text.includes("features"))).toEqual([true, false]);
  });
});
