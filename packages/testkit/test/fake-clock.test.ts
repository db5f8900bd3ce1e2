import { describe, expect, test } from "bun:test";

import { FakeClock } from "../src/index.ts";

describe("FakeClock", () => {
  test("calls back in order of time, each at its own, and not one too early", () => {
    const clock = new FakeClock();
    const calls: [string, number][] = [];
    clock.after(20, () => calls.push(["later", clock.now()]));
    clock.after(10, () => calls.push(["first", clock.now()]));
    clock.after(10, () => calls.push(["second", clock.now()]));
    clock.advance(9);
    expect(calls).toEqual([]);
    clock.advance(100);
    expect(calls).toEqual([
      ["first", 10],
      ["second", 10],
      ["later", 20],
    ]);
    expect(clock.now()).toBe(109);
    expect(clock.pending).toBe(0);
  });

  test("calls back what is set from within a callback, if it is due", () => {
    const clock = new FakeClock();
    const calls: number[] = [];
    const again = (): void => {
      calls.push(clock.now());
      clock.after(10, again);
    };
    clock.after(10, again);
    clock.advance(35);
    expect(calls).toEqual([10, 20, 30]);
  });

  test("calls back nothing that was cancelled", () => {
    const clock = new FakeClock();
    const calls: string[] = [];
    const cancel = clock.after(1, () => calls.push("cancelled"));
    clock.after(0, cancel);
    clock.advance(5);
    cancel();
    expect(calls).toEqual([]);
  });

  test("never goes back, also when a callback lets time pass", () => {
    const clock = new FakeClock();
    clock.after(1, () => clock.pass(50));
    clock.advance(2);
    expect(clock.now()).toBe(51);
  });
});
