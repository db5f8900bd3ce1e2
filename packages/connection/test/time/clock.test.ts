import { describe, expect, jest, test } from "bun:test";

import { MAX_TIMER_MS } from "../../src/longest-timer.ts";
import { systemClock } from "../../src/time/clock.ts";

/** Moves the fake timers on, which take no more than so much at once. */
function advance(byMs: number): void {
  for (let left = byMs; left > 0; left -= MAX_TIMER_MS) {
    jest.advanceTimersByTime(Math.min(left, MAX_TIMER_MS));
  }
}

describe("systemClock", () => {
  test("calls back in the order of the delays, and 0 after what is already due", async () => {
    const events: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    systemClock.after(2, () => {
      events.push("2 ms");
      resolve();
    });
    systemClock.after(0, () => events.push("0 ms"));
    queueMicrotask(() => events.push("this turn"));
    await promise;
    expect(events).toEqual(["this turn", "0 ms", "2 ms"]);
  });

  test("calls back nothing that was cancelled, and never goes back", async () => {
    const events: string[] = [];
    const before = systemClock.now();
    systemClock.after(0, () => events.push("immediate"))();
    const cancel = systemClock.after(1, () => events.push("timer"));
    cancel();
    cancel();
    await new Promise<void>((resolve) => systemClock.after(3, resolve));
    expect(events).toEqual([]);
    expect(systemClock.now()).toBeGreaterThanOrEqual(before);
  });

  test.each([MAX_TIMER_MS, MAX_TIMER_MS + 1, 3 * MAX_TIMER_MS, 1e10])(
    "waits %d ms, also where no timer of the host takes that",
    (delayMs) => {
      jest.useFakeTimers();
      try {
        let calls = 0;
        systemClock.after(delayMs, () => {
          calls += 1;
        });
        const cancelled = systemClock.after(delayMs, () => {
          throw new Error("It was cancelled");
        });
        advance(delayMs - 1);
        expect(calls).toBe(0);
        cancelled();
        advance(1);
        expect(calls).toBe(1);
        expect(jest.getTimerCount()).toBe(0);
      } finally {
        jest.useRealTimers();
      }
    },
  );

  test("waits for ever where it is told to", () => {
    jest.useFakeTimers();
    try {
      const cancel = systemClock.after(Infinity, () => {
        throw new Error("For ever is over");
      });
      advance(5 * MAX_TIMER_MS);
      cancel();
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});
