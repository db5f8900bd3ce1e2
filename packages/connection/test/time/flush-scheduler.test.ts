import { describe, expect, test } from "bun:test";
import { FakeClock } from "@typewire/testkit";

import { type Flushable, FlushScheduler } from "../../src/time/flush-scheduler.ts";
import { turn } from "../talk.ts";

/** Things to flush that take `costMs` of a clock each, and the order in which they were flushed. */
function workers(clock: FakeClock, count: number, costMs: number) {
  const flushed: number[] = [];
  const targets = Array.from({ length: count }, (_, index): Flushable => ({
    flush() {
      flushed.push(index);
      clock.pass(costMs);
    },
  }));
  return { targets, flushed };
}

describe("FlushScheduler", () => {
  test("flushes everything once, at the end of the turn, in order", async () => {
    const clock = new FakeClock();
    const scheduler = new FlushScheduler(clock);
    const { targets, flushed } = workers(clock, 100, 0);
    for (const target of targets) scheduler.schedule(target);
    expect(flushed).toEqual([]);
    await Promise.resolve();
    expect(flushed).toEqual(targets.map((_, index) => index));
    await turn();
    expect(flushed.length).toBe(100);
    expect(clock.pending).toBe(0);
  });

  test("goes on in slices when the turn takes long", async () => {
    const clock = new FakeClock();
    const scheduler = new FlushScheduler(clock);
    const { targets, flushed } = workers(clock, 100_000, 0.01);
    for (const target of targets) scheduler.schedule(target);
    await turn();
    const slices = [flushed.length];
    while (clock.pending > 0) {
      const before = flushed.length;
      clock.advance(0);
      slices.push(flushed.length - before);
    }
    expect(Math.max(...slices)).toBeLessThan(600);
    expect(Math.min(...slices.slice(0, -1))).toBeGreaterThan(400);
    expect(flushed).toEqual(targets.map((_, index) => index));
  });

  test("flushes what is asked for between two slices before the rest", async () => {
    const clock = new FakeClock();
    const scheduler = new FlushScheduler(clock);
    const broadcast = workers(clock, 1_000, 1);
    const answer = workers(clock, 1, 1);
    for (const target of broadcast.targets) scheduler.schedule(target);
    await turn();
    expect(broadcast.flushed.length).toBeLessThan(100);
    for (const target of answer.targets) scheduler.schedule(target);
    await turn();
    expect(answer.flushed).toEqual([0]);
    expect(broadcast.flushed.length).toBeLessThan(100);
    while (clock.pending > 0) clock.advance(0);
    expect(broadcast.flushed.length).toBe(1_000);
  });

  test("keeps one callback of the clock, however much waits", async () => {
    const clock = new FakeClock();
    const scheduler = new FlushScheduler(clock);
    for (let round = 0; round < 3; round += 1) {
      const { targets } = workers(clock, 100, 1);
      for (const target of targets) scheduler.schedule(target);
      await turn();
    }
    expect(clock.pending).toBe(1);
  });
});
