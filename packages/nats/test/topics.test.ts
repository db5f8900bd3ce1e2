// Topics that are joined, left and joined again on a real NATS, also while it is away, and very many of them.

import { describe, expect, setDefaultTimeout, test } from "bun:test";

import type { BackplaneLine } from "@typewire/backplane";
import { type Run, systemClock } from "@typewire/connection";
import type { AnyMessage, Codec } from "@typewire/protocol";
import { saludo } from "@typewire/protocol/saludo";
import { NatsServer, outsideTool } from "@typewire/testkit";

import { nats } from "../src/index.ts";
import { numbers, type Site, sites, until } from "./support/site.ts";

const IS_LONG = process.env["TYPEWIRE_LONG"] !== undefined;
/** In full with `bun run test:long`. */
const TOPICS = IS_LONG ? 100_000 : 1000;

setDefaultTimeout(IS_LONG ? 120_000 : 30_000);

/** The connection of the site's client. */
function connectionOf({ server }: Site) {
  const [connection] = server.connections;
  if (connection === undefined) throw new Error("It has no client");
  return connection;
}

/** A server as its backplane sees it, that counts what comes to each topic. */
class Counter {
  readonly came = new Map<string | undefined, number>();
  missed = 0;
  readonly line: BackplaneLine;

  constructor(servers: string) {
    this.line = nats({ servers }).join({
      protocol: saludo.name,
      version: saludo.version,
      fingerprint: saludo.fingerprint,
      codec: saludo.server as Codec<AnyMessage>,
      clock: systemClock,
      connections: () => 1,
      receive: (topic, { count }: Run) => {
        this.came.set(topic, (this.came.get(topic) ?? 0) + count);
      },
      gap: ({ missed }) => void (this.missed += missed),
      event() {},
      answered() {},
    });
  }
}

describe.skipIf(outsideTool("nats-server") === undefined)("topics on a NATS", () => {
  test("that are joined while it is away are heard from when it is back, and joined again without a gap", async () => {
    await using bus = await NatsServer.start();
    const [a, b] = await sites({ servers: bus.address });
    await using _a = a;
    await using _b = b;
    const late = (texts: readonly string[]): void => {
      for (const text of texts) a.server.publish("late", { type: "welcome", text });
    };
    late(numbers(0, 5));
    // Else these are sent again on the next line.
    await until("the answer", () => a.stats.heldBytes === 0);
    await bus.kill();
    await until("the end of the line", () => a.stats.state === "down" && b.stats.state === "down");
    connectionOf(b).subscribe("late");
    await bus.start();
    await until("the topic", () => a.server.subscribers("late").members === 1);
    late(numbers(5, 20));
    await until("all", () => b.heard.length === 20);
    connectionOf(b).unsubscribe("late");
    await until("its end", () => a.server.subscribers("late").members === 0);
    late(numbers(25, 5));
    connectionOf(b).subscribe("late");
    await until("the topic again", () => a.server.subscribers("late").members === 1);
    late(numbers(30, 20));
    await until("the rest", () => b.heard.at(-1) === "49");
    expect(b.heard.slice(0, 20)).toEqual(numbers(5, 20));
    expect(b.heard.slice(-20)).toEqual(numbers(30, 20));
    expect([b.gaps, b.told]).toEqual([[], []]);
  });

  test(`are heard, ${TOPICS} of them, and still after it was killed`, async () => {
    await using bus = await NatsServer.start();
    const a = new Counter(bus.address);
    const b = new Counter(bus.address);
    const topics = Array.from({ length: TOPICS }, (_, index) => `user.${index}`);
    const last = topics.at(-1) ?? "";
    for (const topic of topics) b.line.members(topic, 1);
    await until("the topics", () => a.line.othersOf(last).members === 1);
    const frame = saludo.server.encodeFrame({ type: "welcome", text: "hola" });
    const sayToAll = (): void => {
      for (const topic of topics) a.line.publish(topic, frame, false);
    };
    const came = (): number => [...b.came.values()].reduce((sum, count) => sum + count, 0);
    sayToAll();
    await until("all", () => came() === TOPICS);
    await bus.kill();
    await bus.start();
    await until("the lines", () => [a, b].every(({ line }) => line.stats().reconnects === 1));
    sayToAll();
    await until("all again", () => came() + b.missed === 2 * TOPICS);
    expect([b.came.size, b.missed]).toEqual([TOPICS, 0]);
    for (const { line } of [a, b]) line.destroy();
  });
});
