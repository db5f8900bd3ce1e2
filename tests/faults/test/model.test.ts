// Random sequences of messages and faults between a real client and a real server. Repeat one run with
// TYPEWIRE_SEED; run for longer with TYPEWIRE_MODEL_SECONDS, as `bun run test:long` does.

import { describe, expect, test } from "bun:test";

import { pickSeed, SeededRandom } from "@typewire/testkit";

import { randomStep } from "../src/model/steps.ts";
import { World } from "../src/model/world.ts";

const seconds = Number(process.env["TYPEWIRE_MODEL_SECONDS"] ?? 2);
const isRepeating = process.env["TYPEWIRE_SEED"] !== undefined;
const STEPS = 30;

describe("client and server on a bad network", () => {
  test(
    "every message is delivered once and in order, or reported undelivered, or on a line that broke",
    async () => {
      const untilMs = performance.now() + seconds * 1000;
      let delivered = 0;
      do {
        const seed = pickSeed();
        delivered += await runOnce(seed);
      } while (performance.now() < untilMs && !isRepeating);
      expect(delivered).toBeGreaterThan(0);
    },
    (seconds + 60) * 1000,
  );
});

/** Returns how many messages arrived. */
async function runOnce(seed: number): Promise<number> {
  const random = new SeededRandom(seed);
  await using world = await World.create(random);
  const done: string[] = [];
  try {
    for (let count = 0; count < STEPS; count += 1) done.push(await randomStep(world, random));
    await world.settle();
  } catch (error) {
    throw new Error(`Seed ${seed}, after ${done.join(", ")}`, { cause: error });
  }
  expect({ seed, done, faults: world.verify() }).toEqual({ seed, done, faults: [] });
  return world.fromClient.received.length + world.fromServer.receivedCount;
}
