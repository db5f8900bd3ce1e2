// Which schemas are the same to generated code, and which are not though they look alike.

import { describe, expect, test } from "bun:test";

import { type TSchema, Type } from "@sinclair/typebox";

import { Structures } from "../../../src/codec/compiled/structures.ts";
import { toCheckSchema } from "../../../src/schema/check-schema.ts";
import { shapeOf } from "../../../src/schema/shape-of.ts";
import { resolveShape } from "../../../src/schema/shape.ts";

function resolved(schema: TSchema) {
  const shape = resolveShape(shapeOf(toCheckSchema(schema), "/x"));
  if (shape === undefined) throw new Error("the shape is not built");
  return shape;
}

function areSame(one: TSchema, other: TSchema): boolean {
  const structures = new Structures();
  return structures.of(resolved(one)).id === structures.of(resolved(other)).id;
}

const list = (item: TSchema) =>
  Type.Recursive((This) => Type.Object({ item, next: Type.Union([This, Type.Null()]) }));

describe("Structures", () => {
  test.each([
    ["copies", () => Type.Object({ a: Type.String({ maxLength: 3 }) })],
    ["unions", () => Type.Union([Type.String(), Type.Null()])],
    ["literals", () => Type.Literal("a")],
    ["records", () => Type.Record(Type.Integer(), Type.Array(Type.Date()))],
    ["tuples", () => Type.Tuple([Type.Integer(), Type.String({ pattern: "^a" })])],
    ["what contains itself", () => list(Type.String())],
    ["what holds what contains itself", () => Type.Object({ list: list(Type.Integer()) })],
  ] as const)("takes two copies for the same: %s", (_, make) => {
    expect(areSame(make(), make())).toBe(true);
  });

  test("looks at no annotation", () => {
    expect(areSame(Type.String({ title: "a" }), Type.String({ description: "b" }))).toBe(true);
  });

  test.each([
    ["another kind", Type.Integer(), Type.Number()],
    ["a bound", Type.String({ maxLength: 3 }), Type.String({ maxLength: 4 })],
    ["a bound or none", Type.String({ maxLength: 3 }), Type.String()],
    ["a bound that is a bigint", Type.BigInt({ minimum: 1n }), Type.BigInt({ minimum: 2n })],
    ["another name", Type.Object({ a: Type.String() }), Type.Object({ b: Type.String() })],
    [
      "another order of names",
      Type.Object({ a: Type.String(), b: Type.String() }),
      Type.Object({ b: Type.String(), a: Type.String() }),
    ],
    [
      "what may be absent",
      Type.Object({ a: Type.String() }),
      Type.Object({ a: Type.Optional(Type.String()) }),
    ],
    [
      "what becomes of other names",
      Type.Object({ a: Type.String() }),
      Type.Object({ a: Type.String() }, { additionalProperties: false }),
    ],
    ["literals that print alike", Type.Literal("1"), Type.Literal(1)],
    ["expressions", Type.RegExp(/a/), Type.RegExp(/a/i)],
    ["keys", Type.Record(Type.Integer(), Type.String()), Type.Record(Type.String(), Type.String())],
    ["the depth of a part", Type.Array(Type.Array(Type.String())), Type.Array(Type.String())],
    ["what contains itself", list(Type.String()), list(Type.Integer())],
    [
      "what leads back to another place",
      Type.Recursive((This) =>
        Type.Object({ a: Type.Object({ b: Type.Optional(This) }), b: Type.Null() }),
      ),
      Type.Object({
        a: Type.Recursive((This) => Type.Object({ b: Type.Optional(This) })),
        b: Type.Null(),
      }),
    ],
  ] as const)("tells apart %s", (_, one, other) => {
    expect(areSame(one, other)).toBe(false);
  });

  test("makes a function of what has many parts, counting each function as one", () => {
    const structures = new Structures();
    const fields = (count: number, part: () => TSchema) =>
      Type.Object(
        Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, part()])),
      );
    const isFunction = (schema: TSchema) => structures.of(resolved(schema)).isFunction;
    expect(isFunction(fields(15, Type.String))).toBe(false);
    expect(isFunction(fields(16, Type.String))).toBe(true);
    expect(isFunction(fields(15, () => fields(16, Type.String)))).toBe(false);
    expect(isFunction(fields(15, () => fields(2, Type.String)))).toBe(true);
  });
});
