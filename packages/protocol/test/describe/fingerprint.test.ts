import { describe, expect, test } from "bun:test";

import { type TSchema, Type } from "@sinclair/typebox";

import { fingerprintOf } from "../../src/describe/fingerprint.ts";
import { saludo } from "../../src/saludo.ts";

function of(schema: TSchema): string {
  return fingerprintOf({ m: schema }, {});
}

describe("fingerprintOf", () => {
  test("is sixteen hexadecimal digits, the same in every run", () => {
    expect(fingerprintOf({}, {})).toMatch(/^[0-9a-f]{16}$/);
    expect(fingerprintOf({}, {})).toBe("3da4493af9aa72d9");
    expect(saludo.fingerprint).toBe("94fcc55eaf6ba9fd");
  });

  test("does not depend on the order of messages and properties", () => {
    const [a, b] = [
      Type.Object({ x: Type.String(), y: Type.Null() }),
      Type.Object({ y: Type.Null(), x: Type.String() }),
    ];
    expect(fingerprintOf({ a, c: a }, {})).not.toBe(fingerprintOf({ a }, { c: a }));
    expect(fingerprintOf({ a: a, c: b }, {})).toBe(fingerprintOf({ c: a, a: b }, {}));
  });

  test("does not depend on how many recursive types were made before", () => {
    const make = (): TSchema => {
      const list = Type.Recursive((This) => Type.Object({ next: Type.Optional(This) }));
      const tree = Type.Recursive((This) => Type.Object({ list, children: Type.Array(This) }));
      return Type.Object({ tree, list });
    };
    const first = of(make());
    for (let index = 0; index < 12; index += 1) Type.Recursive((This) => Type.Array(This));
    expect(of(make())).toBe(first);
  });

  test("changes with the direction, the name, the type and every constraint", () => {
    const schemas: readonly TSchema[] = [
      Type.Object({}),
      Type.Object({}, { additionalProperties: false }),
      Type.Object({}, { additionalProperties: Type.Null() }),
      Type.Object({}, { minProperties: 1 }),
      Type.Object({ a: Type.String() }),
      Type.Object({ b: Type.String() }),
      Type.Object({ a: Type.Optional(Type.String()) }),
      Type.Object({ a: Type.String({ minLength: 1 }) }),
      Type.Object({ a: Type.String({ minLength: 2 }) }),
      Type.Object({ a: Type.String({ maxLength: 1 }) }),
      Type.Object({ a: Type.String({ pattern: "a" }) }),
      Type.Object({ a: Type.String({ format: "a" }) }),
      Type.Object({ a: Type.RegExp(/a/) }),
      Type.Object({ a: Type.RegExp(/a/i) }),
      Type.Object({ a: Type.Number() }),
      Type.Object({ a: Type.Integer() }),
      Type.Object({ a: Type.Integer({ minimum: 0 }) }),
      Type.Object({ a: Type.BigInt() }),
      Type.Object({ a: Type.BigInt({ minimum: 0n }) }),
      Type.Object({ a: Type.BigInt({ minimum: 1n }) }),
      Type.Object({ a: Type.Date() }),
      Type.Object({ a: Type.Date({ minimumTimestamp: 0 }) }),
      Type.Object({ a: Type.Uint8Array() }),
      Type.Object({ a: Type.Literal(1) }),
      Type.Object({ a: Type.Literal("1") }),
      Type.Object({ a: Type.Literal(true) }),
      Type.Object({ a: Type.Null() }),
      Type.Object({ a: Type.Undefined() }),
      Type.Object({ a: Type.Void() }),
      Type.Object({ a: Type.Unknown() }),
      Type.Object({ a: Type.Never() }),
      Type.Object({ a: Type.Array(Type.String()) }),
      Type.Object({ a: Type.Array(Type.String(), { uniqueItems: true }) }),
      Type.Object({ a: Type.Tuple([Type.String()]) }),
      Type.Object({ a: Type.Tuple([Type.String(), Type.Null()]) }),
      Type.Object({ a: Type.Tuple([Type.Null(), Type.String()]) }),
      Type.Object({ a: Type.Union([Type.String(), Type.Null()]) }),
      Type.Object({ a: Type.Union([Type.Null(), Type.String()]) }),
      Type.Object({ a: Type.Intersect([Type.String(), Type.String()]) }),
      Type.Object({ a: Type.Record(Type.String(), Type.Null()) }),
      Type.Object({ a: Type.Record(Type.Integer(), Type.Null()) }),
      Type.Object({ a: Type.Recursive((This) => Type.Array(This)) }),
      Type.Object({ a: Type.Recursive((This) => Type.Array(Type.Array(This))) }),
    ];
    const prints = schemas.flatMap((m) => [
      fingerprintOf({ m }, {}),
      fingerprintOf({}, { m }),
      fingerprintOf({ n: m }, {}),
    ]);
    expect(new Set(prints).size).toBe(prints.length);
  });

  test("tells apart recursive types that refer to different ones", () => {
    const nest = (pick: (outer: TSchema, inner: TSchema) => TSchema): string =>
      of(
        Type.Recursive((Outer) =>
          Type.Object({
            inner: Type.Recursive((Inner) => Type.Object({ next: Type.Array(pick(Outer, Inner)) })),
          }),
        ),
      );
    expect(nest((outer) => outer)).not.toBe(nest((_, inner) => inner));
  });
});
