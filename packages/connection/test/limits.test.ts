import { describe, expect, test } from "bun:test";
import { TypewireError } from "@typewire/protocol";

import { MAX_TIMER_MS } from "../src/longest-timer.ts";
import { type AnyLimitRow, limitRows, optionRows } from "../src/limit-rows.ts";
import {
  type ConnectionLimits,
  defaultConnectionLimits,
  internalLimits,
  requireOptions,
  resolveLimits,
} from "../src/limits.ts";
import { tellOption } from "../src/option-value.ts";

const rows: readonly (readonly [name: string, row: AnyLimitRow])[] = Object.entries(limitRows);
const numeric = rows.filter(([, { unit }]) => unit !== "yes-no");

describe("limitRows", () => {
  test.each(rows)(
    "%s has a default within its bounds, and says what it is and answers",
    (_, row) => {
      const { fallback, least, most, says, answers } = row;
      expect(Number(fallback)).toBeGreaterThanOrEqual(least);
      expect(Number(fallback)).toBeLessThanOrEqual(most);
      for (const text of [says, answers]) expect(text).toMatch(/^\S.{10,89}(?<!\.)$/);
    },
  );

  test("has no time that a timer does not take", () => {
    const times = rows.filter(([name]) => name.endsWith("Ms"));
    expect(times.map(([, { unit }]) => unit)).toEqual(times.map(() => "milliseconds"));
    for (const [, { most }] of times) expect(most).toBe(MAX_TIMER_MS);
  });
});

describe("resolveLimits", () => {
  test("keeps the defaults for what is absent or undefined", () => {
    expect(resolveLimits()).toEqual(defaultConnectionLimits);
    const absent = { maxFrameBytes: undefined } as unknown as Partial<ConnectionLimits>;
    expect(resolveLimits({ ...absent, maxItems: 5 })).toEqual({
      ...defaultConnectionLimits,
      maxItems: 5,
    });
  });

  test.each([0, -1, 1.5, NaN, Infinity, 2 ** 31, 1e13, "5", null, 5n])(
    "refuses %p, naming the limit",
    (value) => {
      expect(() => resolveLimits({ lingerMs: value as number })).toThrow(
        new TypewireError(
          "option-invalid",
          `lingerMs: expected a whole number from 1 to 2147483647, got ${tellOption(value)}`,
        ),
      );
    },
  );

  test.each(numeric)("takes %s at its bounds, and refuses it beyond them", (name, row) => {
    const { least, most } = row;
    const others = name === "softQueueBytes" ? { hardQueueBytes: most } : {};
    for (const value of [least, most]) {
      expect(resolveLimits({ ...others, [name]: value })).toMatchObject({ [name]: value });
    }
    for (const value of [least - 1, most + 1]) {
      expect(() => resolveLimits({ [name]: value })).toThrow(
        `${name}: expected a whole number from ${least} to ${most}, got ${value}`,
      );
    }
  });

  test("takes only a boolean for requireHello", () => {
    expect(resolveLimits({ requireHello: true }).requireHello).toBe(true);
    expect(() => resolveLimits({ requireHello: 1 as unknown as boolean })).toThrow(
      "requireHello: expected true or false, got 1",
    );
  });

  test("takes no frames that an $error does not fit into", () => {
    expect(limitRows.maxFrameBytes.least).toBe(256);
    expect(limitRows.preHelloFrameBytes.least).toBe(256);
  });

  test("refuses a name that is none, also one of Object.prototype", () => {
    for (const name of ["maxFrameByte", "toString", "__proto__"]) {
      const limits = Object.fromEntries([[name, 5]]) as Partial<ConnectionLimits>;
      expect(() => resolveLimits(limits)).toThrow(`${name}: no such limit`);
    }
  });

  test("keeps the soft limit of a queue at a quarter of the hard one, unless it is given", () => {
    expect(resolveLimits({ hardQueueBytes: 1_000 }).softQueueBytes).toBe(250);
    expect(resolveLimits({ hardQueueBytes: 1 }).softQueueBytes).toBe(1);
    expect(resolveLimits({ hardQueueBytes: 2 ** 30 }).softQueueBytes).toBe(2 ** 21);
    expect(resolveLimits({ softQueueBytes: 10, hardQueueBytes: 10 }).softQueueBytes).toBe(10);
    expect(() => resolveLimits({ softQueueBytes: 11, hardQueueBytes: 10 })).toThrow(
      "hardQueueBytes: expected at least softQueueBytes (11), got 10",
    );
  });
});

describe("requireOptions", () => {
  test("lets the options pass", () => {
    const options = Object.fromEntries(
      Object.entries(optionRows).map(([name, { fallback }]) => [name, fallback]),
    );
    expect(requireOptions(options)).toEqual(options);
    expect(requireOptions()).toEqual({});
  });

  test("refuses a constant, and says which limits are options", () => {
    const names = Object.keys(optionRows).join(", ");
    expect(() => requireOptions({ lingerMs: 20 } as object)).toThrow(
      new TypewireError(
        "option-invalid",
        `limits.lingerMs: a constant, 2000; the limits that can be set are ${names}`,
      ),
    );
    expect(() => requireOptions({ toString: 20 } as object)).toThrow("toString: no such limit;");
    expect(() => requireOptions(null as unknown as object)).toThrow(
      "limits: expected an object, got null",
    );
  });

  test("lets internalLimits pass, which are checked like any other", () => {
    expect(requireOptions(internalLimits({ lingerMs: 20 }))).toEqual({ lingerMs: 20 });
    const misspelt = internalLimits({ lingerMS: 20 } as object);
    expect(() => resolveLimits(requireOptions(misspelt))).toThrow("lingerMS: no such limit");
  });
});
