import { describe, expect, test } from "bun:test";
import { FakeClock } from "@typewire/testkit";

import { TurnScheduler } from "../../src/time/turn-scheduler.ts";

describe("TurnScheduler", () => {
  test("serves everybody in turn, as often as they ask", () => {
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

  test("lets the event loop go on when a slice is over, and forgets nobody", () => {
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
