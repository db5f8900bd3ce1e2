import { expect, test } from "bun:test";

import { FakeClock } from "@typewire/testkit";

import { CallDeadlines, Expiring } from "../../src/calls/call-deadlines.ts";

class Entry extends Expiring {
  readonly #then: () => void;

  constructor(then: () => void) {
    super();
    this.#then = then;
  }

  override expire(): void {
    this.#then();
  }
}

test("what an expiry adds with the same timeout expires, also where empty queues were forgotten meanwhile", () => {
  const clock = new FakeClock();
  const deadlines = new CallDeadlines(clock);
  const expired: number[] = [];
  const add = (timeoutMs: number, then = (): void => {}): void =>
    deadlines.add(new Entry(() => (expired.push(timeoutMs), then())), timeoutMs);
  add(10, () => {
    for (let index = 0; index < 100; index += 1) add(1_000 + index);
    add(10);
  });
  clock.advance(10);
  expect(expired).toEqual([10]);
  clock.advance(10);
  expect(expired).toEqual([10, 10]);
  clock.advance(2_000);
  expect(expired).toHaveLength(102);
  deadlines.prune();
  expect(clock.pending).toBe(0);
});

test("a timeout of its own costs as much where 10 000 others are in use as where none is", () => {
  const nsOf = (inUse: number): number => {
    const deadlines = new CallDeadlines(new FakeClock());
    for (let index = 0; index < inUse; index += 1) deadlines.add(new Entry(() => {}), 1e6 + index);
    let bestNs = Infinity;
    for (let round = 0; round < 5; round += 1) {
      const startMs = performance.now();
      for (let index = 0; index < 2_000; index += 1) {
        const entry = new Entry(() => {});
        deadlines.add(entry, 1 + round * 2_000 + index);
        deadlines.delete(entry);
      }
      bestNs = Math.min(bestNs, ((performance.now() - startMs) * 1e6) / 2_000);
    }
    return bestNs;
  };
  nsOf(0);
  // Searching them each time took 400 times as long.
  expect(nsOf(10_000)).toBeLessThan(20 * nsOf(0));
});
