// Small calls beside streams that are as fast as they can be, in numbers that no busy machine changes: what is pulled
// in one turn of the event loop, and what reaches a client between its call and the answer. How long that takes is
// measured between two processes, in `packages/bun/test/calls-beside-streams.test.ts`.

import { expect, test } from "bun:test";

import { defineProtocol, Type } from "typewire";
import { connectInMemory } from "typewire/testing";

const feed = defineProtocol({
  name: "feed",
  version: 1,
  server: {},
  client: {},
  calls: {
    echo: { input: Type.Integer(), output: Type.Integer() },
    items: { yields: Type.String() },
  },
});
/** A payload, and with its header. */
const ITEM_BYTES = 100;
const FRAME_BYTES = 110;
/** Of payloads. It ends with the item that fills it. */
const SLICE_BYTES = 2 * 1024;
const MOST_IN_SLICE = Math.ceil(SLICE_BYTES / ITEM_BYTES);
/** Beyond it no item is queued. */
const MOST_QUEUED_BYTES = 64 * 1024;

test.each([1, 32])(
  "small calls beside %p saturated streams wait for 64 KiB at most, and each turn pulls one small slice",
  async (count) => {
    let pulled = 0;
    await using memory = await connectInMemory(feed, {
      server: {
        echo: (input) => input,
        async *items() {
          for (; ; pulled += 1) yield "x".repeat(79);
        },
      },
    });
    const { client, clock } = memory;
    let turns = 0;
    let mostPulled = 0;
    let pulledBefore = 0;
    const after = clock.after.bind(clock);
    clock.after = (delayMs, callback) =>
      after(delayMs, () => {
        turns += 1;
        mostPulled = Math.max(mostPulled, pulled - pulledBefore);
        pulledBefore = pulled;
        callback();
      });
    const passTurns = async (more: number): Promise<void> => {
      const until = turns + more;
      for (let wait = 0; wait < 10_000 && turns < until; wait += 1) {
        await new Promise(setImmediate);
      }
      expect(turns).toBeGreaterThanOrEqual(until);
    };
    const received = (): number => client.connection?.stats.bytesReceived ?? 0;
    /** Makes a call; returns the bytes that come until its answer has. */
    const call = async (input: number): Promise<number> => {
      const before = received();
      expect(await client.call.echo(input)).toBe(input);
      return received() - before;
    };

    let isOver = false;
    const reading = Array.from({ length: count }, async () => {
      for await (const _ of client.call.items()) if (isOver) break;
    });
    await passTurns(2 * count);
    // The first call says that others may follow.
    await call(0);
    await passTurns(2);
    mostPulled = 0;
    for (let input = 1; input <= 50; input += 1) {
      // What waits before it, and its own frame.
      expect(await call(input)).toBeLessThanOrEqual(MOST_QUEUED_BYTES + 2 * FRAME_BYTES);
      await passTurns(count + 3);
    }
    expect(mostPulled).toBeGreaterThan(0);
    // One more may be in hand.
    expect(mostPulled).toBeLessThanOrEqual(MOST_IN_SLICE + 1);
    isOver = true;
    await Promise.all(reading);
  },
);
