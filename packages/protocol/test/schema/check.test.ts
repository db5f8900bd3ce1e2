// The check against TypeBox's own, and where it deliberately departs from it.

import { afterAll, describe, expect, test } from "bun:test";

import { FormatRegistry, type TSchema, Type } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { Value } from "@sinclair/typebox/value";

import { CodeBudget } from "../../src/code-budget.ts";
import { compileCheck } from "../../src/schema/check.ts";
import { toCheckSchema } from "../../src/schema/check-schema.ts";
import { shapeOf } from "../../src/schema/shape-of.ts";
import { cpuMilliseconds } from "../support/cpu.ts";

function passes(schema: TSchema, value: unknown): boolean {
  const copy = toCheckSchema(schema);
  return compileCheck(copy, shapeOf(copy, "/x")).passes(value);
}

FormatRegistry.Set("typewire-check-test", (value) => value === "right");
afterAll(() => FormatRegistry.Delete("typewire-check-test"));

describe("compileCheck", () => {
  const VALUES: readonly unknown[] = [
    undefined,
    null,
    true,
    false,
    0,
    -0,
    1,
    1.5,
    -3,
    2 ** 53,
    1e300,
    Number.NaN,
    Infinity,
    0n,
    5n,
    2n ** 64n,
    "",
    "a",
    "ab",
    "right",
    "水",
    new Date(0),
    new Date(Number.NaN),
    new Uint8Array(0),
    new Uint8Array(3),
    [],
    [1],
    [1, 1],
    ["a"],
    [null],
    [1, "a"],
    {},
    { a: 1 },
    { a: "x" },
    { a: 1, b: 2 },
    { b: 2 },
    { a: undefined },
    { 1: "a" },
  ];

  test.each([
    ["String bounds", Type.String({ minLength: 1, maxLength: 1 })],
    ["String pattern", Type.String({ pattern: "^a" })],
    ["String format", Type.String({ format: "typewire-check-test" })],
    ["RegExp", Type.RegExp(/^a$/i)],
    ["TemplateLiteral", Type.TemplateLiteral("a${0|1}")],
    ["Number bounds", Type.Number({ minimum: -3, exclusiveMaximum: 1.5, multipleOf: 0.5 })],
    ["Integer bounds", Type.Integer({ exclusiveMinimum: -3, maximum: 1 })],
    ["BigInt bounds", Type.BigInt({ minimum: 0n, exclusiveMaximum: 5n })],
    ["Date bounds", Type.Date({ exclusiveMinimumTimestamp: -1, maximumTimestamp: 0 })],
    ["Uint8Array bounds", Type.Uint8Array({ minByteLength: 1, maxByteLength: 3 })],
    ["Array bounds", Type.Array(Type.Unknown(), { minItems: 1, maxItems: 1 })],
    ["Array uniqueItems", Type.Array(Type.Unknown(), { uniqueItems: true })],
    ["Array contains", Type.Array(Type.Unknown(), { contains: Type.Literal(1), maxContains: 1 })],
    ["Tuple", Type.Tuple([Type.Integer(), Type.String()])],
    ["Object", Type.Object({ a: Type.Number() })],
    ["Object, optional", Type.Object({ a: Type.Optional(Type.Number()) })],
    [
      "Object, closed",
      Type.Object({ a: Type.Optional(Type.Number()) }, { additionalProperties: false }),
    ],
    ["Object, rest", Type.Object({ a: Type.Number() }, { additionalProperties: Type.Number() })],
    ["Record", Type.Record(Type.String(), Type.Number())],
    [
      "Record, closed",
      Type.Record(Type.RegExp(/^a$/), Type.Number(), { additionalProperties: false }),
    ],
    ["Union", Type.Union([Type.String(), Type.Object({ a: Type.Literal(1) }), Type.Null()])],
    [
      "Intersect",
      Type.Intersect([Type.Object({ a: Type.Number() }), Type.Object({ b: Type.Number() })]),
    ],
    ["Not", Type.Not(Type.Union([Type.String(), Type.Object({ a: Type.Number() })]))],
    ["Undefined", Type.Undefined()],
    ["Never", Type.Never()],
    ["Enum", Type.Enum({ A: "a", B: 1 })],
  ] as const)("judges as TypeBox does: %s", (_, schema) => {
    const compiled = TypeCompiler.Compile(toCheckSchema(schema));
    const copy = toCheckSchema(schema);
    const check = compileCheck(copy, shapeOf(copy, "/x"));
    for (const value of VALUES) {
      const verdict = check.passes(value);
      expect({ value, verdict }).toEqual({ value, verdict: compiled.Check(value) });
      // A fault is found exactly where the check fails, but for what TypeBox takes for an object.
      const exotic = value instanceof Date || value instanceof Uint8Array;
      if (verdict && exotic) continue;
      expect(check.explain(value).message.includes("a value of the schema")).toBe(verdict);
    }
  });

  test("is compiled after sixty-four values, in a turn that is free", async () => {
    const copy = toCheckSchema(Type.Object({ a: Type.Integer() }));
    const budget = new CodeBudget();
    const check = compileCheck(copy, shapeOf(copy, "/x"), { budget });
    for (let use = 0; use < 64; use += 1) expect(check.passes({ a: use })).toBe(true);
    expect(budget.takeTurn()).toBe(true);
    await Promise.resolve();
    expect(check.passes({ a: "b" })).toBe(false);
    expect(budget.takeTurn()).toBe(false);
    await Promise.resolve();
    expect(check.passes({ a: 1 })).toBe(true);
    expect(budget.takeTurn()).toBe(true);
  });

  test("counts only own properties where every object inherits one of that name", () => {
    const schema = Type.Object({
      toString: Type.Unknown(),
      a: Type.Object({ constructor: Type.Optional(Type.String()) }),
    });
    expect(Value.Check(schema, { a: {} })).toBe(false);
    expect(passes(schema, { a: {} })).toBe(false);
    expect(passes(schema, { toString: 1, a: {} })).toBe(true);
    expect(passes(schema, { toString: 1, a: { constructor: "x" } })).toBe(true);
    expect(passes(schema, { toString: 1, a: { constructor: 5 } })).toBe(false);
  });

  test("counts properties that travel, where TypeBox counts what is undefined or not described as well", () => {
    const a = Type.Optional(Type.Number());
    const object = Type.Object({ a, b: a }, { minProperties: 1, maxProperties: 1 });
    expect(Value.Check(object, { c: 1 })).toBe(true);
    expect(Value.Check(object, { a: 1, c: 1 })).toBe(false);
    const record = Type.Record(Type.String(), Type.Unknown(), { minProperties: 1 });
    for (const [schema, value, verdict] of [
      [object, {}, false],
      [object, { a: undefined, c: 1 }, false],
      [object, { a: 1, b: undefined, c: 1 }, true],
      [object, { a: 1, b: 2 }, false],
      [record, {}, false],
      [record, { c: undefined }, false],
      [record, { c: 1 }, true],
    ] as const) {
      expect({ value, passes: passes(schema, value) }).toEqual({ value, passes: verdict });
    }
  });

  test("keeps to BigInt bounds that no number holds", () => {
    const int64 = Type.BigInt({ minimum: -(2n ** 63n), maximum: 2n ** 63n - 1n });
    // TypeBox compiles the bound into a number literal, which rounds it up.
    expect(TypeCompiler.Compile(int64).Check(2n ** 63n)).toBe(true);
    expect(passes(int64, 2n ** 63n)).toBe(false);
    expect(passes(int64, 2n ** 63n - 1n)).toBe(true);
    expect(passes(int64, -(2n ** 63n))).toBe(true);
    expect(passes(int64, -(2n ** 63n) - 1n)).toBe(false);
    expect(passes(Type.Array(int64), [2n ** 63n])).toBe(false);
  });

  test("does not take a Date or bytes that are out of bounds for an object", () => {
    const empty = Type.Object({});
    const dates = Type.Union([Type.Date({ minimumTimestamp: 5 }), empty]);
    const bytes = Type.Array(Type.Union([empty, Type.Uint8Array({ minByteLength: 1 })]));
    expect(Value.Check(dates, new Date(4))).toBe(true);
    expect([new Date(5), new Date(4), {}].map((value) => passes(dates, value))).toEqual([
      true,
      false,
      true,
    ]);
    expect(passes(bytes, [new Uint8Array(1), {}])).toBe(true);
    expect(passes(bytes, [new Uint8Array(0), {}])).toBe(false);
  });

  test.each(["g", "y", "gi"])("judges each text anew where a RegExp has the flag %s", (flags) => {
    const copy = toCheckSchema(Type.RegExp(new RegExp("a", flags)));
    const check = compileCheck(copy, shapeOf(copy, "/x"));
    expect(["a", "a", "a", "b", "a"].map((text) => check.passes(text))).toEqual([
      true,
      true,
      true,
      false,
      true,
    ]);
  });

  test("asks for a required property that is void, as for one that is undefined", () => {
    expect(Value.Check(Type.Object({ a: Type.Void() }), {})).toBe(true);
    const named = Type.Module({ Nothing: Type.Undefined(), Anything: Type.Unknown() });
    for (const nothing of [
      Type.Void(),
      Type.Undefined(),
      Type.Union([Type.Void(), Type.Null()]),
      named.Import("Nothing"),
      named.Import("Anything"),
    ]) {
      expect(passes(Type.Object({ a: nothing }), {})).toBe(false);
      expect(passes(Type.Object({ a: nothing }), { a: undefined })).toBe(true);
      expect(passes(Type.Object({ a: Type.Optional(nothing) }), {})).toBe(true);
    }
  });

  test("judges further properties of a record by their own schema", () => {
    const schema = Type.Record(Type.RegExp(/^a$/), Type.Integer(), {
      additionalProperties: Type.String(),
    });
    expect(passes(schema, { a: 1, b: "x" })).toBe(true);
    expect(passes(schema, { a: 1, b: 2 })).toBe(false);
  });

  test("judges further properties of further properties", () => {
    const dates = Type.Object(
      {},
      { additionalProperties: Type.Object({}, { additionalProperties: Type.Date() }) },
    );
    // The variable of TypeBox's inner loop hides that of the outer one.
    expect(() => TypeCompiler.Compile(dates).Check({ a: { b: new Date(1) } })).toThrow(TypeError);
    expect(passes(dates, { a: { b: new Date(1) } })).toBe(true);
    expect(passes(dates, { a: { b: 1 } })).toBe(false);
    const mixed = Type.Object(
      {},
      { additionalProperties: Type.Union([Type.Null(), Type.Object({ x: dates })]) },
    );
    expect(passes(mixed, { a: { x: { b: { c: new Date(1) } } }, d: null })).toBe(true);
    expect(passes(mixed, { a: { x: { b: { c: null } } }, d: null })).toBe(false);
  });

  test("answers at once for a large message that fails at its last item", () => {
    const schema = toCheckSchema(
      Type.Array(Type.Object({ a: Type.Union([Type.String(), Type.Null()]) })),
    );
    const check = compileCheck(schema, shapeOf(schema, "/x"));
    const items: unknown[] = Array.from({ length: 60_000 }, () => ({ a: "x" }));
    items.push({ a: 5 });
    const spent = cpuMilliseconds(() => {
      expect(check.passes(items)).toBe(false);
      expect(check.explain(items).path).toBe("/60000/a");
    });
    expect(spent).toBeLessThan(1000);
  });

  test("does not count what does not travel: properties that are not enumerable", () => {
    const closed = Type.Object({ a: Type.Optional(Type.Null()) }, { additionalProperties: false });
    const hidden = Object.defineProperty({ a: null }, "b", { value: 1 });
    for (const value of [/x/, new Error("x"), hidden]) expect(passes(closed, value)).toBe(true);
    expect(passes(closed, { b: 1 })).toBe(false);
  });

  test("answers at once for a large message of wrong items", () => {
    const schema = toCheckSchema(Type.Array(Type.Integer()));
    const check = compileCheck(schema, shapeOf(schema, "/x"));
    const items = Array.from({ length: 200_000 }, () => "x");
    const spent = cpuMilliseconds(() => {
      expect(check.explain(items).path).toBe("/0");
    });
    expect(spent).toBeLessThan(100);
  });

  test("takes linear time for unique items, large unions and a thousand properties", () => {
    const unique = Type.Array(Type.Integer(), { uniqueItems: true });
    const literals = Type.Array(
      Type.Union(Array.from({ length: 500 }, (_, index) => Type.Literal(`value ${index}`))),
    );
    const names = Array.from({ length: 1000 }, (_, index) => `property ${index}`);
    const wide = Type.Object(Object.fromEntries(names.map((name) => [name, Type.Integer()])));
    const spent = cpuMilliseconds(() => {
      expect(
        passes(
          unique,
          Array.from({ length: 10_000 }, (_, index) => index),
        ),
      ).toBe(true);
      expect(
        passes(
          literals,
          Array.from({ length: 10_000 }, () => "value 499"),
        ),
      ).toBe(true);
      expect(passes(wide, Object.fromEntries(names.map((name) => [name, 1])))).toBe(true);
    });
    expect(spent).toBeLessThan(1000);
  });
});
