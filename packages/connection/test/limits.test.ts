import { describe, expect, test } from "bun:test";
import { TypewireError } from "@typewire/protocol";

import { defaultConnectionLimits, resolveLimits } from "../src/limits.ts";

describe("resolveLimits", () => {
  test("keeps the defaults for what is absent or undefined", () => {
    expect(resolveLimits()).toEqual(defaultConnectionLimits);
    const limits = JSON.parse('{"maxFrameBytes": 5}') as { maxFrameBytes: number };
    expect(resolveLimits({ ...limits })).toEqual({ ...defaultConnectionLimits, maxFrameBytes: 5 });
  });

  test.each([0, -1, 1.5, NaN, Infinity, "5", null])("refuses %p, naming the limit", (value) => {
    expect(() => resolveLimits({ lingerMs: value as number })).toThrow(
      new TypewireError("option-invalid", `lingerMs: expected a positive integer, got ${value}`),
    );
  });

  test("takes 0 for no heartbeats, and only a boolean for requireHello", () => {
    expect(resolveLimits({ heartbeatIntervalMs: 0 }).heartbeatIntervalMs).toBe(0);
    expect(() => resolveLimits({ heartbeatIntervalMs: -1 })).toThrow(
      "heartbeatIntervalMs: expected 0 or a positive integer, got -1",
    );
    expect(resolveLimits({ requireHello: true }).requireHello).toBe(true);
    expect(() => resolveLimits({ requireHello: 1 as unknown as boolean })).toThrow(
      "requireHello: expected true or false, got 1",
    );
  });

  test("refuses every limit of 0, and takes it at 1", () => {
    const { requireHello, heartbeatIntervalMs, ...numbers } = defaultConnectionLimits;
    expect([requireHello, heartbeatIntervalMs]).toEqual([false, 30_000]);
    for (const name of Object.keys(numbers)) {
      expect(() => resolveLimits({ [name]: 0 })).toThrow(
        `${name}: expected a positive integer, got 0`,
      );
      const one = name === "hardQueueBytes" ? { softQueueBytes: 1, [name]: 1 } : { [name]: 1 };
      expect(resolveLimits(one)).toMatchObject(one);
    }
  });

  test("refuses frames before hello that are larger than those after it, or too small for a hello", () => {
    const strict = { requireHello: true, maxFrameBytes: 1_000 };
    expect(() => resolveLimits({ ...strict, preHelloFrameBytes: 1_001 })).toThrow(
      "preHelloFrameBytes: expected at most maxFrameBytes (1000), got 1001",
    );
    expect(resolveLimits({ ...strict, preHelloFrameBytes: 1_000 }).preHelloFrameBytes).toBe(1_000);
    expect(() => resolveLimits({ ...strict, preHelloFrameBytes: 255 })).toThrow(
      "preHelloFrameBytes: expected at least 256, for a $hello to fit, got 255",
    );
    expect(resolveLimits({ ...strict, preHelloFrameBytes: 256 }).preHelloFrameBytes).toBe(256);
    // What is not given follows, and does not contradict.
    expect(resolveLimits(strict).maxFrameBytes).toBe(1_000);
  });

  test("refuses a name that is none, also one of Object.prototype", () => {
    const misspelt = { maxFrameByte: 5 } as Parameters<typeof resolveLimits>[0];
    expect(() => resolveLimits(misspelt)).toThrow("maxFrameByte: no such limit");
    const inherited = { toString: 5 } as unknown as Parameters<typeof resolveLimits>[0];
    expect(() => resolveLimits(inherited)).toThrow("toString: no such limit");
  });

  test("refuses a hard limit below the soft one", () => {
    expect(() => resolveLimits({ softQueueBytes: 11, hardQueueBytes: 10 })).toThrow(
      "hardQueueBytes: expected at least softQueueBytes (11), got 10",
    );
    expect(resolveLimits({ softQueueBytes: 10, hardQueueBytes: 10 }).hardQueueBytes).toBe(10);
  });
});
