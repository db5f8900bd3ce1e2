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
