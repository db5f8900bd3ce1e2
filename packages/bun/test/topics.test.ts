// Topics over real sockets: a member that does not read, under both policies, beside members that do.

import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";
import { internalLimits } from "@typewire/connection/internal";
import { defineProtocol } from "@typewire/protocol";
import { within } from "@typewire/testkit";

import { connect, serve } from "../src/index.ts";

const feed = defineProtocol({
  name: "feed",
  version: 1,
  server: { value: Type.Object({ number: Type.Integer(), text: Type.String() }) },
  client: { listen: Type.Object({ topic: Type.String() }) },
});

const TEXT = "x".repeat(64 * 1024);

/** More than both kernels keep for a reader that rests, and the slow member's bound beside it. */
const VALUES = 400;

/** Publishes all values at the pace of the reading member; returns what each member got, when, and the server. */
async function published(whenSlow: "close" | "drop", rests = true) {
  const own = new AsyncDisposableStack();
  const subscribed = Promise.withResolvers<void>();
  const server = own.use(
    serve(
      feed,
      { port: 0, limits: internalLimits({ hardQueueBytes: 2_000_000 }) },
      {
        listen({ topic }, connection) {
          connection.subscribe(topic);
          if (server.subscribers(topic).members === 2) subscribed.resolve();
        },
      },
    ),
  );
  const heard = { reading: [] as number[], stalled: [] as number[] };
  let arrived = Promise.withResolvers<void>();
  const member = async (name: keyof typeof heard) =>
    own.use(
      await connect(
        feed,
        { port: server.port, reconnect: false },
        {
          value({ number }) {
            heard[name].push(number);
            if (name === "reading") arrived.resolve();
          },
        },
      ),
    );
  const reading = await member("reading");
  const stalled = await member("stalled");
  reading.send({ type: "listen", topic: "prices.all" });
  stalled.send({ type: "listen", topic: "prices.all" });
  await within(subscribed.promise, () => "both have not subscribed");
  if (rests) stalled.pause();
  const delays: number[] = [];
  for (let number = 0; number < VALUES; number += 1) {
    arrived = Promise.withResolvers();
    const begun = performance.now();
    server.publish("prices.all", { type: "value", number, text: TEXT }, { whenSlow });
    await within(arrived.promise, () => `value ${number} did not come`);
    delays.push(performance.now() - begun);
  }
  delays.sort((a, b) => a - b);
  return { own, server, stalled, heard, medianMs: delays[VALUES / 2] ?? 0 };
}

describe("a member of a topic that does not read", () => {
  test("misses what is published with drop, keeps its connection, and hears what comes later", async () => {
    const { own, server, stalled, heard } = await published("drop");
    await using _ = own;
    expect(heard.reading).toEqual(Array.from({ length: VALUES }, (_each, index) => index));
    const { messagesDropped } = server.stats();
    expect(messagesDropped).toBeGreaterThan(0);
    expect(server.subscribers("prices.all")).toEqual({ members: 2, servers: 1 });
    stalled.resume();
    const last = VALUES;
    const caughtUp = (async () => {
      while (!heard.stalled.includes(last)) {
        server.publish("prices.all", { type: "value", number: last, text: "" });
        await Bun.sleep(5);
      }
    })();
    await within(caughtUp, () => "no value came after the rest");
    const before = heard.stalled.filter((number) => number < last);
    expect(before.length + messagesDropped).toBe(VALUES);
    expect(before).toEqual(before.toSorted((a, b) => a - b));
  });

  test.each(["drop", "close"] as const)(
    "costs the others no time with %s",
    async (whenSlow) => {
      const medianOf = async (rests: boolean): Promise<number> => {
        const { own, medianMs } = await published(whenSlow, rests);
        await own.disposeAsync();
        return medianMs;
      };
      // The best of some rounds, which other programs have disturbed least.
      let isAsQuick = false;
      for (let round = 0; round < 5 && !isAsQuick; round += 1) {
        const beside = await medianOf(true);
        isAsQuick = beside <= (await medianOf(false)) * 1.25;
      }
      expect(isAsQuick).toBe(true);
    },
    20_000,
  );

  test("ends as a slow consumer with close, and leaves its topics", async () => {
    const { own, server, stalled, heard } = await published("close");
    await using _ = own;
    const [cut] = [...server.connections].filter(({ state }) => state !== "open");
    stalled.resume();
    await within(
      cut?.closed ?? Promise.reject(new Error("None was cut")),
      () => "it has not ended",
    );
    expect(heard.reading.length).toBe(VALUES);
    const { closedByReason, messagesDropped } = server.stats();
    expect(closedByReason).toEqual({ "slow-consumer": 1 });
    expect(messagesDropped).toBe(0);
    expect(server.subscribers("prices.all")).toEqual({ members: 1, servers: 1 });
  });
});
