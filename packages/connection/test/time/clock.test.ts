import { describe, expect, test } from "bun:test";

import { systemClock } from "../../src/time/clock.ts";

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
});
