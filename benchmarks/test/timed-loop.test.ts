import { describe, expect, test } from "bun:test";

import { TimedLoop } from "../src/codec/timed-loop.ts";

/** A machine on which every call takes `perCallNs` and nothing else takes time. */
function machine(perCallNs: number) {
  let nowNs = 0;
  return {
    now: () => nowNs,
    run: (input: unknown): unknown => {
      nowNs += perCallNs;
      return input;
    },
  };
}

describe("TimedLoop", () => {
  test("gives the time of one call", () => {
    const { now, run } = machine(250);
    expect(new TimedLoop(run, ["a", "b"], now).sample()).toBe(250);
  });

  test("calls with all inputs in turn and keeps the result of each", () => {
    const loop = new TimedLoop(
      (input) => `${String(input)}!`,
      ["a", "b", "c"],
      () => 0,
    );
    loop.sample();
    expect(loop.results).toEqual(["a!", "b!", "c!"]);
  });

  test("settles on as many whole rounds of the inputs as fill a batch", () => {
    const { now, run } = machine(1000);
    const loop = new TimedLoop(run, ["a", "b", "c"], now);
    loop.warmUp(10, 1);
    expect(loop.calls).toBe(999);
  });

  test("calls with every input once where one round of them fills a batch", () => {
    const { now, run } = machine(50_000_000);
    const loop = new TimedLoop(run, ["a", "b"], now);
    loop.warmUp(10, 1);
    expect(loop.calls).toBe(2);
  });
});
