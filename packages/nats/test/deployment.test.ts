// A release that knows one message more is rolled out: servers of both releases share a real NATS. What both know
// passes between them; what only the newer one knows is refused by the older one, whole, and told.

import { describe, expect, setDefaultTimeout, test } from "bun:test";

import type { BackplaneEvent } from "@typewire/backplane";
import { connect, serve } from "@typewire/bun";
import { defineProtocol, Type } from "@typewire/protocol";
import { NatsServer, outsideTool } from "@typewire/testkit";

import { nats } from "../src/index.ts";
import { until } from "./support/site.ts";

setDefaultTimeout(30_000);

const name = "board";
const posted = Type.Object({ text: Type.String() });
const older = defineProtocol({ name, version: 1, server: { posted }, client: {} });
const newer = defineProtocol({
  name,
  version: 1,
  server: {
    posted: Type.Object({ ...posted.properties, pinned: Type.Optional(Type.Boolean()) }),
    removed: Type.Object({ text: Type.String() }),
  },
  client: {},
});

const schemasOf = (events: readonly BackplaneEvent[]): readonly string[] =>
  events.flatMap((event) => (event.type === "other-schemas" ? [event.fingerprint] : []));

describe.skipIf(outsideTool("nats-server") === undefined)("two releases on one NATS", () => {
  test("pass on what both know, refuse what one does not with what stands beside it, and tell each", async () => {
    await using bus = await NatsServer.start();
    const events: { readonly older: BackplaneEvent[]; readonly newer: BackplaneEvent[] } = {
      older: [],
      newer: [],
    };
    const heard: { readonly older: unknown[]; readonly newer: unknown[] } = {
      older: [],
      newer: [],
    };
    const told: number[] = [];
    const backplane = nats({ servers: bus.address });
    await using old = serve(
      older,
      {
        port: 0,
        backplane,
        onBackplane: (event) => void events.older.push(event),
        onGap() {},
        onHello() {},
      },
      {},
    );
    await using next = serve(
      newer,
      { port: 0, backplane, onBackplane: (event) => void events.newer.push(event), onHello() {} },
      {},
    );
    await using _older = await connect(
      older,
      { port: old.port, onHello() {}, onGap: ({ missed = 0 }) => void told.push(missed) },
      { posted: (message) => void heard.older.push(message) },
    );
    // The newer release's client may still be at a server of the older one.
    await using _newer = await connect(
      newer,
      { port: old.port, onHello() {} },
      {
        posted: (message) => void heard.newer.push(message),
        removed: (message) => void heard.newer.push(message),
      },
    );
    await until("each other", () =>
      [old, next].every((server) => server.countConnections().servers === 2),
    );

    next.broadcast({ type: "posted", text: "1", pinned: true });
    await until("the first", () => heard.older.length === 1 && heard.newer.length === 1);
    expect(heard.newer).toEqual([{ type: "posted", text: "1", pinned: true }]);
    expect(heard.older).toEqual([{ type: "posted", text: "1" }]);
    expect(old.stats().backplane).toMatchObject({ batchesRefused: 0, gapMessages: 0 });

    // Three of one turn are one batch.
    next.broadcast({ type: "posted", text: "2" });
    next.broadcast({ type: "removed", text: "1" });
    next.broadcast({ type: "posted", text: "3" });
    await until("the refusal", () => told.length === 1);
    expect(told).toEqual([3]);
    next.broadcast({ type: "posted", text: "4" });
    await until("the next", () => heard.older.length === 2 && heard.newer.length === 2);
    expect(heard.older.at(-1)).toEqual({ type: "posted", text: "4" });
    expect(old.stats().backplane).toMatchObject({ batchesRefused: 1, gaps: 1, gapMessages: 3 });
    expect(next.stats().backplane).toMatchObject({ batchesRefused: 0, gaps: 0 });
    expect([schemasOf(events.older), schemasOf(events.newer)]).toEqual([
      [newer.fingerprint],
      [older.fingerprint],
    ]);
  });

  test("lose nothing where every server knows a message before one publishes it", async () => {
    await using bus = await NatsServer.start();
    const backplane = nats({ servers: bus.address });
    const heard: unknown[] = [];
    await using publisher = serve(
      newer,
      { port: 0, backplane, onHello() {}, onPeerError() {} },
      {},
    );
    await using other = serve(newer, { port: 0, backplane, onHello() {}, onPeerError() {} }, {});
    // Of the older release: it ignores what it does not know, and hears the rest.
    await using _older = await connect(
      older,
      { port: other.port, onHello() {}, onRefused() {} },
      { posted: (message) => void heard.push(message) },
    );
    await until("each other", () => publisher.countConnections().servers === 2);
    publisher.broadcast({ type: "posted", text: "1" });
    publisher.broadcast({ type: "removed", text: "1" });
    publisher.broadcast({ type: "posted", text: "2" });
    await until("both", () => heard.length === 2);
    expect(other.stats().backplane).toMatchObject({ batchesRefused: 0, gapMessages: 0 });
  });
});
