// Multiples in decimal, as docs/wire.md has them. The second opinion divides by hand: digits and a point.

import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";

import { defineProtocol, defineReferenceProtocol } from "../../src/define-protocol.ts";
import { isMultipleOf } from "../../src/schema/decimal-steps.ts";
import { outcomeOf } from "../support/errors.ts";
import { newSeed, randomFrom } from "../support/random.ts";
import { isDecimalMultiple } from "../support/schema-judge.ts";

const ROWS: readonly (readonly [value: number, step: number, isMultiple: boolean])[] = [
  [143.48, 0.01, true],
  [0.07, 0.01, true],
  [-0.07, 0.01, true],
  [0.29, 0.01, true],
  [1.15, 0.05, true],
  [4.35, 0.01, true],
  [0.075, 0.01, false],
  [143.485, 0.01, false],
  [0.3, 0.1, true],
  [0.1 + 0.2, 0.1, false],
  [0.1 + 0.7, 0.1, false],
  [1.1 * 3, 0.1, false],
  [0, 0.01, true],
  [-0, 0.01, true],
  [5, 0.01, true],
  [1e-7, 1e-7, true],
  [3e-7, 1e-7, true],
  [1.5e-7, 1e-7, false],
  [1e-7, 0.01, false],
  [0.0000003, 0.0000001, true],
  [1e21, 0.01, true],
  [1e23, 10, true],
  [1e23, 7, false],
  [1e300, 0.01, true],
  [Number.MAX_VALUE, 5e-324, true],
  [5e-324, 5e-324, true],
  [1.5e-323, 5e-324, true],
  [1e-323, 5e-324, true],
  [123_456_789_012.34, 0.01, true],
  [123_456_789_012.345, 0.01, false],
  [90_071_992_547_409.91, 0.01, true],
  [2 ** 53 + 2, 1, true],
  [0.75, 0.25, true],
  [0.8, 0.25, false],
  [7.5, 2.5, true],
  [7, 2, false],
  [8, 2, true],
  [1e21, 1e20, true],
  [1e21, 3e20, false],
  [1 / 3, 1 / 3, true],
  [0.6666666666666666, 1 / 3, true],
  [2 / 3, 0.1, false],
  [1, 0, false],
  [0, 0, false],
  [0.06, -0.02, true],
  [Number.NaN, 0.01, false],
  [Infinity, 0.01, false],
];

describe("isMultipleOf", () => {
  test.each(ROWS)("%d by %d is %p", (value, step, isMultiple) => {
    expect(isMultipleOf(step)(value)).toBe(isMultiple);
  });

  test("agrees with division by hand", () => {
    const seed = newSeed();
    const random = randomFrom(seed);
    const digits = (most: number): number => Math.floor(random() * 10 ** (random() * most));
    for (let round = 0; round < 20_000; round += 1) {
      const step = Number(`${1 + digits(4)}e${Math.floor(random() * 24) - 20}`);
      const exact = Number(`${digits(17)}e${Math.floor(random() * 40) - 20}`);
      const value = [exact, exact * step, digits(12) * step, random() * 10 ** (random() * 20)];
      for (const each of value) {
        const verdict = isMultipleOf(step)(each);
        expect({ seed, each, step, verdict }).toEqual({
          seed,
          each,
          step,
          verdict: isDecimalMultiple(each, step),
        });
      }
    }
  });
});

describe("multipleOf", () => {
  const steps = [0.01, 1e-7, 0.1, 2.5, 5, 10];
  test.each(steps)("of %d means the same to both paths, both ways", (step) => {
    const values = [...new Set(ROWS.map(([value]) => value).filter(Number.isFinite))];
    for (const kind of [Type.Number, Type.Integer]) {
      const v = kind({ multipleOf: step });
      const definition = { name: "p", version: 1, server: { m: Type.Object({ v }) }, client: {} };
      const free = defineProtocol({ ...definition, server: { m: Type.Object({ v: kind() }) } });
      for (const { server } of [defineProtocol(definition), defineReferenceProtocol(definition)]) {
        for (const value of values) {
          if (kind === Type.Integer && !Number.isInteger(value)) continue;
          const expected = isDecimalMultiple(value, step) ? "accepted" : "schema-mismatch";
          const message = { type: "m" as const, v: value };
          expect([value, outcomeOf(() => server.encode(message))]).toEqual([value, expected]);
          const payload = free.server.encode(message);
          expect([value, outcomeOf(() => server.decode(payload))]).toEqual([value, expected]);
        }
      }
    }
  });

  test("says what was expected", () => {
    const { server } = defineProtocol({
      name: "p",
      version: 1,
      server: { m: Type.Object({ v: Type.Number({ multipleOf: 0.01 }) }) },
      client: {},
    });
    expect(() => server.encode({ type: "m", v: 0.075 })).toThrow(
      "schema-mismatch at /v: expected number to be a multiple of 0.01, got number",
    );
  });
});
