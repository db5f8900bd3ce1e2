import { describe, expect, test } from "bun:test";
import { FakeClock } from "@typewire/testkit";

import { type Flushable, FlushScheduler, TurnScheduler } from "../../src/time/schedulers.ts";
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

describe("TurnScheduler", () => {
  test("serves each member in turn, as often as they ask", () => {
    const clock = new FakeClock();
    const turns = new TurnScheduler(clock);
    const served: string[] = [];
    for (const [name, count] of [
      ["a", 3],
      ["b", 1],
      ["c", 2],
    ] as const) {
      let left = count;
      const target = {
        continue() {
          served.push(name);
          left -= 1;
          if (left > 0) turns.schedule(target);
        },
      };
      turns.schedule(target);
    }
    expect(served).toEqual([]);
    expect(turns.isBusy).toBe(true);
    clock.advance(0);
    expect(served).toEqual(["a", "b", "c", "a", "c", "a"]);
    expect(turns.isBusy).toBe(false);
    expect(clock.pending).toBe(0);
  });

  test("lets the event loop go on when a slice is over, and forgets no member", () => {
    const clock = new FakeClock();
    const turns = new TurnScheduler(clock);
    const served: number[] = [];
    for (let index = 0; index < 5; index += 1) {
      turns.schedule({
        continue() {
          served.push(index);
          clock.pass(3);
        },
      });
    }
    let slices = 0;
    while (clock.pending > 0) {
      expect(clock.pending).toBe(1);
      const before = served.length;
      clock.advance(0);
      expect(served.length).toBeGreaterThan(before);
      slices += 1;
      if (slices > 10) break;
    }
    expect(served).toEqual([0, 1, 2, 3, 4]);
  });
});
