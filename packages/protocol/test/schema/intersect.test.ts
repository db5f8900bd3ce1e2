import { describe, expect, test } from "bun:test";

import { type TSchema, Type } from "@sinclair/typebox";

import { integer, map, NULL, text } from "../support/cbor.ts";
import { expectError, outcomeOf } from "../support/errors.ts";
import { hexOfValue, readValue, roundTrip, valueCodec } from "../support/value-codec.ts";

const at = Type.Object({ at: Type.Date() });
const named = Type.Object({ name: Type.String({ minLength: 1 }) });

function accepts(schema: TSchema, value: unknown): boolean {
  const codec = valueCodec(schema);
  return outcomeOf(() => codec.decode(codec.encode({ type: "m", v: value }))) === "accepted";
}

describe("an intersection", () => {
  test("of objects is one object, with the properties of all in their order", () => {
    const both = Type.Intersect([at, named]);
    const value = { at: new Date(5), name: "x" };
    expect(roundTrip(both, value)).toStrictEqual(value);
    expect(hexOfValue(both, { name: "x", at: new Date(5) })).toBe(
      "a2626174" + "05" + "646e616d65" + "6178",
    );
  });

  test("of objects asks what each of them asks", () => {
    const both = Type.Intersect([at, named]);
    for (const [value, path] of [
      [{ at: new Date(5) }, "/v/name"],
      [{ name: "x" }, "/v/at"],
      [{ at: new Date(5), name: "" }, "/v/name"],
      [{ at: 5, name: "x" }, "/v/at"],
    ] as const) {
      expectError(() => hexOfValue(both, value), "schema-mismatch", { path });
    }
  });

  test("of objects with a property in common constrains it twice", () => {
    const both = Type.Intersect([
      Type.Object({ n: Type.Integer({ minimum: 0 }) }),
      Type.Object({ n: Type.Optional(Type.Number({ maximum: 9 })) }),
    ]);
    expect(roundTrip(both, { n: 9 })).toStrictEqual({ n: 9 });
    for (const n of [-1, 10, 1.5, undefined]) expect(accepts(both, { n })).toBe(false);
    expect(accepts(both, {})).toBe(false);
  });

  test("distributes over a union", () => {
    const choice = Type.Intersect([
      at,
      Type.Union([
        Type.Object({ kind: Type.Literal("a"), big: Type.BigInt() }),
        Type.Object({ kind: Type.Literal("b"), n: Type.Number() }),
      ]),
    ]);
    for (const value of [
      { at: new Date(1), kind: "a", big: 2n ** 60n },
      { at: new Date(1), kind: "b", n: 1.5 },
    ]) {
      expect(roundTrip(choice, value)).toStrictEqual(value);
    }
    expect(accepts(choice, { kind: "a", big: 1n })).toBe(false);
    expect(accepts(choice, { at: new Date(1), kind: "b", big: 1n })).toBe(false);
  });

  test("of two unions has the combinations that some value satisfies", () => {
    const narrow = Type.Intersect([
      Type.Union([Type.Literal("a"), Type.Literal("b"), Type.Literal("c"), Type.Null()]),
      Type.Union([Type.Literal("b"), Type.Literal("c"), Type.Literal("d"), Type.Date()]),
    ]);
    expect(["a", "b", "c", "d", null].map((value) => accepts(narrow, value))).toEqual([
      false,
      true,
      true,
      false,
      false,
    ]);
  });

  test("of two unions of which one reading of a number is left is not ambiguous", () => {
    const dates = Type.Intersect([
      Type.Union([Type.Date(), Type.Null()]),
      Type.Union([Type.Date(), Type.String()]),
    ]);
    expect(roundTrip(dates, new Date(9))).toStrictEqual(new Date(9));
    expect(accepts(dates, null)).toBe(false);
  });

  test("of records has the constraints of both values", () => {
    const both = Type.Intersect([
      Type.Record(Type.Integer(), Type.Integer({ minimum: 1 })),
      Type.Record(Type.Integer(), Type.Number({ maximum: 3 })),
    ]);
    expect(hexOfValue(both, { 1: 1, 2: 3 })).toBe("a201010203");
    expect(accepts(both, { 1: 0 })).toBe(false);
    expect(accepts(both, { 1: 4 })).toBe(false);
  });

  test("of an object and a record constrains the properties that the record's keys include", () => {
    const both = Type.Intersect([
      Type.Object({ id: Type.String() }),
      Type.Record(Type.String(), Type.String({ maxLength: 3 })),
    ]);
    expect(roundTrip(both, { id: "abc", other: "x" })).toStrictEqual({ id: "abc", other: "x" });
    expect(accepts(both, { id: "abcd" })).toBe(false);
    expect(accepts(both, { id: "abc", other: "long" })).toBe(false);
    expect(accepts(both, { other: "x" })).toBe(false);
  });

  test("of leaves of one kind gathers their constraints", () => {
    const text = Type.Intersect([Type.String({ minLength: 2 }), Type.String({ maxLength: 3 })]);
    expect(["a", "ab", "abc", "abcd"].map((value) => accepts(text, value))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    const number = Type.Intersect([Type.Number(), Type.Integer(), Type.Number({ multipleOf: 2 })]);
    expect([2, 3, 2.5].map((value) => accepts(number, value))).toEqual([true, false, false]);
    const literal = Type.Intersect([Type.String(), Type.Literal("x")]);
    expect(["x", "y"].map((value) => accepts(literal, value))).toEqual([true, false]);
  });

  test("of a literal and a kind is the literal where it is of that kind", () => {
    const rows = [
      [Type.Literal(true), Type.Boolean(), true],
      [Type.Literal(5), Type.Integer(), 5],
      [Type.Number(), Type.Literal(1.5), 1.5],
      [Type.Literal("a"), Type.Literal("a"), "a"],
    ] as const;
    for (const [left, right, value] of rows) {
      expect(roundTrip(Type.Intersect([left, right]), value)).toBe(value);
    }
    for (const [left, right, value] of [
      [Type.Literal(1.5), Type.Integer(), 1.5],
      [Type.Literal("a"), Type.Literal("b"), "a"],
      [Type.Literal("a"), Type.Null(), "a"],
      [Type.Literal(true), Type.Date(), true],
    ] as const) {
      expect(accepts(Type.Intersect([left, right]), value)).toBe(false);
    }
  });

  test("of open objects keeps further properties that satisfy both", () => {
    const open = (further: TSchema): TSchema => Type.Object({}, { additionalProperties: further });
    const both = Type.Intersect([open(Type.Integer()), open(Type.Number({ maximum: 9 }))]);
    expect(roundTrip(both, { a: 9 })).toStrictEqual({ a: 9 });
    expect(accepts(both, { a: 10 })).toBe(false);
    expect(accepts(both, { a: 1.5 })).toBe(false);
    expect(
      roundTrip(Type.Intersect([Type.Object({}), open(Type.Date())]), { a: new Date(1) }),
    ).toStrictEqual({ a: new Date(1) });
  });

  test("with a union makes of further properties what unevaluatedProperties says, in each member", () => {
    const union = Type.Union([
      Type.Object({ kind: Type.Literal("a") }),
      Type.Object({ kind: Type.Literal("b"), b: Type.Null() }),
    ]);
    const schema = Type.Intersect([at, union], { unevaluatedProperties: Type.Date() });
    const value = { at: new Date(1), kind: "a", more: new Date(2) };
    expect(roundTrip(schema, value)).toStrictEqual(value);
    expect(accepts(schema, { at: new Date(1), kind: "a", more: 2 })).toBe(false);
  });

  test("of arrays and tuples constrains the items", () => {
    const arrays = Type.Intersect([
      Type.Array(Type.Integer()),
      Type.Array(Type.Number({ maximum: 5 }), { minItems: 1 }),
    ]);
    expect([[], [5], [6], [1.5]].map((value) => accepts(arrays, value))).toEqual([
      false,
      true,
      false,
      false,
    ]);
    const tuple = Type.Intersect([
      Type.Tuple([Type.Date(), Type.String()]),
      Type.Array(Type.Union([Type.Date(), Type.String({ maxLength: 1 })])),
    ]);
    expect(roundTrip(tuple, [new Date(3), "x"])).toStrictEqual([new Date(3), "x"]);
    expect(accepts(tuple, [new Date(3), "xy"])).toBe(false);
  });

  test("with Unknown or Not keeps the other's shape", () => {
    const notX = Type.Intersect([Type.String(), Type.Not(Type.Literal("x"))]);
    expect(["x", "y", 1].map((value) => accepts(notX, value))).toEqual([false, true, false]);
    expect(roundTrip(Type.Intersect([Type.Unknown(), at]), { at: new Date(3) })).toStrictEqual({
      at: new Date(3),
    });
    expectError(() => hexOfValue(notX, "x"), "schema-mismatch", {
      message:
        "schema-mismatch at /v: expected a value that is not excluded, got string of length 1",
    });
  });

  test("of what nothing can be is refused as never", () => {
    const never = Type.Intersect([Type.String(), Type.Number()]);
    for (const value of ["x", 1, null, {}]) expect(accepts(never, value)).toBe(false);
    expect(roundTrip(Type.Object({ x: Type.Optional(never) }), {})).toStrictEqual({});
  });

  test("makes of further properties what unevaluatedProperties says", () => {
    const parts = [at, named];
    const item = map(text("at"), integer(1), text("name"), text("x"), text("more"), text("m"));
    const value = { at: new Date(1), name: "x" };
    expect(readValue(Type.Intersect(parts), item)).toStrictEqual(value);
    const open = Type.Intersect(parts, { unevaluatedProperties: Type.String() });
    expect(readValue(open, item)).toStrictEqual({ ...value, more: "m" });
    const closed = Type.Intersect(parts, { unevaluatedProperties: false });
    expectError(() => readValue(closed, item), "schema-mismatch", {
      message: "schema-mismatch at /v/more: expected no such property, got string of length 1",
    });
  });

  test("inside a type that contains itself closes the circle", () => {
    const chain = Type.Recursive((This) =>
      Type.Intersect([
        Type.Object({ at: Type.Date() }),
        Type.Object({ next: Type.Optional(This) }),
      ]),
    );
    const value = { at: new Date(1), next: { at: new Date(2), next: { at: new Date(3) } } };
    expect(roundTrip(chain, value)).toStrictEqual(value);
  });

  test.each([
    [
      "contains itself as a member",
      Type.Recursive((This) => Type.Intersect([Type.Object({}), This])),
      "an intersection cannot contain itself as a member",
    ],
    [
      "has records with other keys",
      Type.Intersect([
        Type.Record(Type.String(), Type.Null()),
        Type.Record(Type.Integer(), Type.Null()),
      ]),
      "an intersection of two records needs the same keys in both",
    ],
    [
      "has an integer record that covers a property",
      Type.Intersect([Type.Object({ 1: Type.Null() }), Type.Record(Type.Integer(), Type.Null())]),
      'the property "1" and a record with integer keys cannot share an object',
    ],
    [
      "has more than 256 combinations",
      Type.Intersect([
        Type.Union(
          Array.from({ length: 17 }, (_, index) => Type.Object({ [`a${index}`]: Type.Null() })),
        ),
        Type.Union(
          Array.from({ length: 17 }, (_, index) => Type.Object({ [`b${index}`]: Type.Null() })),
        ),
      ]),
      "an intersection of unions may have 256 combinations, this has 289",
    ],
  ] as const)("that %s is refused", (_, schema, reason) => {
    expectError(() => valueCodec(schema), "protocol-invalid", {
      path: "/server/m/v",
      message: `Cannot define protocol at /server/m/v: ${reason}`,
    });
  });

  test("drops an unknown property of each member once", () => {
    const item = map(text("at"), integer(1), text("name"), text("x"), text("z"), NULL);
    expect(readValue(Type.Intersect([at, named]), item)).toStrictEqual({
      at: new Date(1),
      name: "x",
    });
  });
});
