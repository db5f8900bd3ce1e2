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
