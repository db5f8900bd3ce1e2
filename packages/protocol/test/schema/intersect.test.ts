import { describe, expect, test } from "bun:test";

import { type TSchema, Type } from "@sinclair/typebox";

import { defineProtocol } from "../../src/define-protocol.ts";
import { integer, map, NULL, text } from "../support/cbor.ts";
import { errorOf, expectError, outcomeOf } from "../support/errors.ts";
import { hexOfValue, readValue, roundTrip, valueCodec } from "../support/value-codec.ts";

const at = Type.Object({ at: Type.Date() });
const named = Type.Object({ name: Type.String({ minLength: 1 }) });

const ONE = "an intersection joins objects into one object";
const ONE_TYPE =
  "write one type with all constraints, such as Type.String({ minLength: 1, maxLength: 9 }), and for a brand Type.Unsafe<Brand>(Type.String())";

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

  test("of objects whose common property is narrower in one of them keeps the narrower", () => {
    for (const [left, right, good, bad] of [
      [Type.Literal("x"), Type.String(), "x", "y"],
      [Type.Number(), Type.Literal(1.5), 1.5, 1],
      [Type.Number(), Type.Integer({ maximum: 3 }), 3, 2.5],
      [Type.String({ minLength: 2 }), Type.String({ maxLength: 3 }), "abc", "a"],
      [Type.Date({ minimumTimestamp: 5 }), Type.Date(), new Date(5), new Date(4)],
      [Type.Object({ a: Type.Null() }), Type.Object({ b: Type.Null() }), { a: null, b: null }, {}],
      [Type.Array(Type.Date()), Type.Array(Type.Date()), [new Date(1)], [1]],
      [Type.Array(Type.Number()), Type.Array(Type.Integer(), { maxItems: 1 }), [1], [1.5]],
      [Type.Union([Type.String(), Type.Null()]), Type.String({ minLength: 1 }), "a", ""],
      [Type.Union([Type.String(), Type.Null()]), Type.Null(), null, "a"],
      [Type.Union([Type.Date(), Type.Null()]), Type.Date(), new Date(5), null],
      [Type.Enum({ A: "a", B: "b" }), Type.Literal("b"), "b", "a"],
      [Type.Enum({ A: "a", B: "b", C: "c" }), Type.Enum({ B: "b", C: "c", D: "d" }), "c", "a"],
      [Type.Unknown(), Type.Object({ at: Type.Date() }), { at: new Date(1) }, 5],
      [
        Type.Union([Type.Object({ a: Type.Date() }), Type.Null()]),
        Type.Object({ a: Type.Date(), b: Type.Null() }),
        { a: new Date(1), b: null },
        { a: new Date(1) },
      ],
      [
        Type.Union([
          Type.Object({ k: Type.Literal("a"), at: Type.Date() }),
          Type.Object({ k: Type.Literal("b") }),
        ]),
        Type.Object({ k: Type.Literal("a") }),
        { k: "a", at: new Date(1) },
        { k: "b" },
      ],
    ] as const) {
      for (const pair of [
        [left, right],
        [right, left],
      ] as const) {
        const schema = Type.Intersect(pair.map((n) => Type.Object({ n })));
        expect(roundTrip(schema, { n: good })).toEqual({ n: good });
        expect(accepts(schema, { n: bad })).toBe(false);
      }
    }
  });

  test("of two closed objects with the same properties is that object, in any order of its keys", () => {
    const closed = { additionalProperties: false };
    const a = Type.Object({ a: Type.String(), b: Type.String() }, closed);
    const b = Type.Object({ b: Type.String(), a: Type.Optional(Type.String()) }, closed);
    const schema = Type.Intersect([a, b]);
    for (const item of [
      map(text("a"), text("x"), text("b"), text("y")),
      map(text("b"), text("y"), text("a"), text("x")),
    ]) {
      expect(readValue(schema, item)).toEqual({ a: "x", b: "y" });
    }
    const more = map(text("a"), text("x"), text("b"), text("y"), text("c"), NULL);
    expectError(() => readValue(schema, more), "schema-mismatch", { path: "/v/c" });
  });

  test("of a message judges the keys of its members in either order", () => {
    const closed = { additionalProperties: false };
    const both = Type.Intersect([
      Type.Object({ a: Type.String() }),
      Type.Object({ a: Type.String(), b: Type.String() }, closed),
    ]);
    const { server } = defineProtocol({ name: "p", version: 1, server: { m: both }, client: {} });
    for (const hex of ["a36474797065616d616161616162 6162", "a36474797065616d61626162 61616161"]) {
      const payload = Uint8Array.fromHex(hex.replaceAll(" ", ""));
      expect(server.decode(payload)).toEqual({ type: "m", a: "a", b: "b" });
    }
  });

  test("of open objects keeps further properties", () => {
    const open = (further: TSchema | true): TSchema =>
      Type.Object({}, { additionalProperties: further });
    const dated = Type.Intersect([Type.Object({}), open(Type.Date())]);
    expect(roundTrip(dated, { a: new Date(1) })).toStrictEqual({ a: new Date(1) });
    expect(accepts(Type.Intersect([open(true), open(Type.Integer())]), { a: "x" })).toBe(false);
    expect(roundTrip(Type.Intersect([at, open(true)]), { at: new Date(1), z: [1] })).toStrictEqual({
      at: new Date(1),
      z: [1],
    });
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
      message: "schema-mismatch at /v/more: expected no such property, got text of length 1",
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
      "has a union of objects",
      Type.Intersect(
        [
          Type.Object({ a: Type.String() }),
          Type.Union([Type.Object({ b: Type.String() }), Type.Object({ c: Type.String() })]),
        ],
        { unevaluatedProperties: false },
      ),
      `${ONE}, and a member is a union of objects; write a union of intersections, one for each member: Type.Union([Type.Object({ a, b }), Type.Object({ a, c })])`,
    ],
    [
      "has a record",
      Type.Intersect([Type.Object({}), Type.Record(Type.String(), Type.Null())]),
      `${ONE}; put the Type.Record under a property of its own`,
    ],
    [
      "has a Not",
      Type.Intersect([Type.String(), Type.Not(Type.Literal("x"))]),
      `${ONE}, and a member is no object but text; ${ONE_TYPE}`,
    ],
    [
      "has texts",
      Type.Intersect([Type.String({ minLength: 1 }), Type.String({ maxLength: 5 })]),
      `${ONE}, and a member is no object but text; ${ONE_TYPE}`,
    ],
    [
      "has arrays",
      Type.Intersect([Type.Array(Type.Null()), Type.Array(Type.Null())]),
      `${ONE}, and a member is no object but array; ${ONE_TYPE}`,
    ],
    [
      "has anything",
      Type.Intersect([Type.Unknown(), Type.Object({})]),
      `${ONE}, and a member is no object but any; ${ONE_TYPE}`,
    ],
    [
      "has a closed object without a property of the other",
      Type.Intersect([
        Type.Object({ a: Type.String() }, { additionalProperties: false }),
        Type.Object({ b: Type.String() }, { additionalProperties: false }),
      ]),
      'one member has the property "b", and another refuses it; leave additionalProperties: false out there, and write unevaluatedProperties: false in the intersection',
    ],
    [
      "has an open object with another type for a property of the other",
      Type.Intersect([
        Type.Object({ b: Type.String() }),
        Type.Object({}, { additionalProperties: Type.Date() }),
      ]),
      'one member has the property "b", and another has another type for it in additionalProperties; name it there, or use unevaluatedProperties of the intersection',
    ],
    [
      "has two types for further properties",
      Type.Intersect([
        Type.Object({}, { additionalProperties: Type.Number() }),
        Type.Object({}, { additionalProperties: Type.Integer() }),
      ]),
      "two members have a type for further properties; write one, as unevaluatedProperties of the intersection",
    ],
    [
      "says two things of further properties",
      Type.Intersect([Type.Object({}, { additionalProperties: true }), Type.Object({})], {
        unevaluatedProperties: false,
      }),
      "additionalProperties in a member and unevaluatedProperties say different things; leave additionalProperties out",
    ],
  ] as const)("that %s is refused", (_, schema, reason) => {
    expectError(() => valueCodec(schema), "protocol-invalid", {
      path: "/server/m/v",
      message: `Cannot define protocol at /server/m/v: ${reason}`,
    });
  });

  test.each([
    ["two kinds", Type.String(), Type.Number()],
    ["two literals", Type.Literal("a"), Type.Literal("b")],
    ["a literal and a kind that it is not of", Type.Literal(1.5), Type.Integer()],
    ["a literal and a constraint that it breaks", Type.Literal("a"), Type.String({ minLength: 2 })],
    ["two tuples", Type.Tuple([Type.Null()]), Type.Tuple([Type.Number()])],
    ["two unions", Type.Union([Type.Null(), Type.Date()]), Type.Enum({ A: "a", B: "b" })],
    ["a value and what it must not be", Type.String(), Type.Not(Type.Literal("x"))],
  ])("refuses a common property of %s", (_, left, right) => {
    const schema = Type.Intersect([Type.Object({ n: left }), Type.Object({ n: right })]);
    expectError(() => valueCodec(schema), "protocol-invalid", {
      path: "/server/m/v/n",
      message:
        "Cannot define protocol at /server/m/v/n: the members of the intersection have different types for this property; write it in one of them",
    });
  });

  test.each<[string, (v: TSchema) => TSchema, string]>([
    [
      "lists",
      (v) => Type.Recursive((This) => Type.Object({ v, next: Type.Optional(This) })),
      "/server/m/v/n/next",
    ],
    [
      "trees",
      (v) => Type.Recursive((This) => Type.Object({ v, kids: Type.Array(This) })),
      "/server/m/v/n/kids/items",
    ],
    [
      "unions",
      (v) => Type.Recursive((This) => Type.Union([Type.Null(), Type.Object({ v, n: This })])),
      "/server/m/v/n/n/n",
    ],
  ])("refuses a common property of two types that contain themselves: %s", (_, typeOf, path) => {
    const [left, right] = [typeOf(Type.String()), typeOf(Type.String({ minLength: 1 }))];
    const schema = Type.Intersect([Type.Object({ n: left }), Type.Object({ n: right })]);
    const error = errorOf(() => valueCodec(schema));
    expect(error).toMatchObject({ code: "protocol-invalid", path });
    expect(error.message).toContain("write the property in one of them");
  });

  test("refuses a common property whose bounds no value is within", () => {
    const schema = Type.Intersect([
      Type.Object({ n: Type.Integer({ minimum: 5 }) }),
      Type.Object({ n: Type.Number({ maximum: 4 }) }),
    ]);
    expectError(() => valueCodec(schema), "protocol-invalid", { path: "/server/m/v/n" });
  });

  test("drops an unknown property of each member once", () => {
    const item = map(text("at"), integer(1), text("name"), text("x"), text("z"), NULL);
    expect(readValue(Type.Intersect([at, named]), item)).toStrictEqual({
      at: new Date(1),
      name: "x",
    });
  });
});
