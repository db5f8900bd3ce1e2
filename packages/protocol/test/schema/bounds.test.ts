// What cannot be spoken, and what no value satisfies, is refused when the protocol is defined.

import { describe, expect, test } from "bun:test";

import { Kind, type TSchema, Type } from "@sinclair/typebox";

import { defineReferenceProtocol } from "../../src/define-protocol.ts";
import { errorOf, outcomeOf } from "../support/errors.ts";
import { roundTrip, valueCodec } from "../support/value-codec.ts";

function refusalOf(schema: TSchema, path = ""): string {
  const error = errorOf(() => valueCodec(schema));
  expect({ code: error.code, path: error.path }).toEqual({
    code: "protocol-invalid",
    path: `/server/m/v${path}`,
  });
  return error.message;
}

const text = Type.String();
const optional = Type.Optional(text);

describe("a pattern", () => {
  test.each(["(", "[", "a{2,1}", "*", "(?<a>x)(?<a>y)", "\\", "(?<=a"])(
    "that is no regular expression is refused: %s",
    (pattern) => {
      const reason = "this pattern is no regular expression";
      expect(refusalOf(Type.String({ pattern }))).toContain(reason);
      expect(refusalOf(Type.Record(Type.String({ pattern }), text))).toContain(reason);
      expect(refusalOf({ ...Type.RegExp(/a/), source: pattern } as TSchema)).toContain(reason);
      const contained = Type.Array(text, { contains: Type.String({ pattern }) });
      expect(refusalOf(contained, "/contains")).toContain(reason);
    },
  );

  test.each(["^\\_+$", "^[\\w-_]+$", "\\-", "^a{,5}$"])(
    "that is one only without the flag u is refused, with what to do: %s",
    (pattern) => {
      expect(refusalOf(Type.String({ pattern }))).toContain("escape only what has a meaning");
      expect(outcomeOf(() => valueCodec(Type.RegExp(new RegExp(pattern))))).toBe("accepted");
    },
  );
});

describe("Type.Optional", () => {
  const object = Type.Object({ a: optional });

  test.each<readonly [what: string, schema: TSchema, path: string]>([
    ["an item", Type.Array(optional), "/items"],
    ["an item that is counted", Type.Array(text, { contains: optional }), "/contains"],
    ["the values of a record", Type.Record(Type.String(), optional), "/values"],
    [
      "further properties",
      Type.Object({}, { additionalProperties: optional }),
      "/additionalProperties",
    ],
    ["a member of a union", Type.Union([optional, Type.Null()]), "/anyOf/0"],
    ["a member of an intersection", Type.Intersect([object, Type.Optional(object)]), "/allOf/1"],
    ["what is excluded", Type.Not(optional), "/not"],
    ["a part of another schema", Type.Array(Type.Index(object, ["a"])), "/items"],
  ])("is refused where nothing could be left out: %s", (_, schema, path) => {
    expect(refusalOf(schema, path)).toContain("write Type.Union([ …, Type.Null() ])");
  });

  test("is refused as a message, and taken where it was taken off", () => {
    const define = (m: TSchema) => () =>
      defineReferenceProtocol({ name: "p", version: 1, server: { m }, client: {} });
    expect(errorOf(define(Type.Optional(object)))).toMatchObject({
      code: "protocol-invalid",
      path: "/server/m",
    });
    expect(outcomeOf(define(Type.Optional(Type.Optional(object), false)))).toBe("accepted");
    expect(outcomeOf(() => valueCodec(Type.Array(Type.Optional(optional, false))))).toBe(
      "accepted",
    );
  });
});

describe("a literal", () => {
  test.each<readonly [what: string, value: unknown, reason: string]>([
    ["a lone surrogate", "\ud800", "well-formed Unicode"],
    ["half a pair", "a\udc00b", "well-formed Unicode"],
    ["NaN", Number.NaN, "a finite number or a boolean, got NaN; write Type.Null()"],
    ["Infinity", -Infinity, "a finite number"],
    ["a bigint", 5n, "Type.BigInt({ minimum: 5n, maximum: 5n })"],
    ["negative zero", -0, "write Type.Literal(0)"],
    ["null", null, "Type.Null()"],
    ["undefined", undefined, "got undefined; write Type.Undefined()"],
    ["a date", new Date(0), "write Type.Date()"],
    ["a list", [1], "write Type.Tuple([ … ])"],
    ["an object", {}, "got map; write Type.Object({ … })"],
    ["a symbol", Symbol("x"), "got symbol"],
  ])("without a wire form is refused: %s", (_, value, reason) => {
    const schema = { ...Type.Literal("x"), const: value } as TSchema;
    expect(refusalOf(schema)).toContain(reason);
    const union = Type.Union([Type.Null(), schema]);
    expect(refusalOf(union, "/anyOf/1")).toContain(reason);
  });
});

describe("a name", () => {
  test("of a property that is no Unicode is refused", () => {
    const schema = Type.Object({ ["\ud800"]: text });
    expect(refusalOf(schema)).toContain("well-formed Unicode");
    expect(refusalOf(Type.Array(schema), "/items")).toContain("well-formed Unicode");
  });

  test("of a required property that is none is refused", () => {
    const schema = { ...Type.Object({ a: text }), required: ["a", "b"] };
    expect(refusalOf(schema)).toContain('"b" is required and no property');
  });
});

const NONE: readonly (readonly [name: string, schema: TSchema, path?: string])[] = [
  ["minLength and maxLength", Type.String({ minLength: 5, maxLength: 4 })],
  ["lengths of a RegExp", Type.RegExp(/a/, { minLength: 5, maxLength: 4 })],
  ["lengths of bytes", Type.Uint8Array({ minByteLength: 2, maxByteLength: 1 })],
  ["minimum and maximum", Type.Integer({ minimum: 2, maximum: 1 })],
  ["minimum and maximum of numbers", Type.Number({ minimum: 0.2, maximum: 0.1 })],
  ["minimum and exclusiveMaximum", Type.Number({ minimum: 1, exclusiveMaximum: 1 })],
  ["both exclusive", Type.Number({ exclusiveMinimum: 1, exclusiveMaximum: 1 })],
  ["no integer between", Type.Integer({ minimum: 0.2, maximum: 0.8 })],
  ["no integer inside", Type.Integer({ exclusiveMinimum: 0, exclusiveMaximum: 1 })],
  ["no multiple between", Type.Integer({ minimum: 1, maximum: 4, multipleOf: 5 })],
  ["no decimal multiple between", Type.Number({ minimum: 0.31, maximum: 0.39, multipleOf: 0.1 })],
  ["multiples of 0", Type.Number({ multipleOf: 0 })],
  ["multiples of less", Type.Integer({ multipleOf: -2 })],
  ["big multiples of 0", Type.BigInt({ multipleOf: 0n })],
  ["big bounds", Type.BigInt({ minimum: 2n, maximum: 1n })],
  ["more than 64 bits", Type.BigInt({ minimum: 2n ** 64n })],
  ["less than 64 bits", Type.BigInt({ exclusiveMaximum: -(2n ** 63n) })],
  ["dates", Type.Date({ minimumTimestamp: 2, maximumTimestamp: 1 })],
  ["dates between", Type.Date({ exclusiveMinimumTimestamp: 1, exclusiveMaximumTimestamp: 2 })],
  ["dates beyond the last", Type.Date({ minimumTimestamp: 8.64e15 + 1000 })],
  ["dates of no step", Type.Date({ multipleOfTimestamp: 0 })],
  ["minItems and maxItems", Type.Array(text, { minItems: 2, maxItems: 1 })],
  [
    "minContains and maxContains",
    Type.Array(text, { contains: text, minContains: 2, maxContains: 1 }),
  ],
  ["one and maxContains", Type.Array(text, { contains: text, maxContains: 0 })],
  ["minContains and maxItems", Type.Array(text, { contains: text, minContains: 3, maxItems: 2 })],
  ["contains and no items", Type.Array(text, { contains: text, maxItems: 0 })],
  ["minContains of nothing", Type.Array(text, { minContains: 1 })],
  ["too few values", Type.Array(Type.Boolean(), { uniqueItems: true, minItems: 3 })],
  ["one value", Type.Array(Type.Null(), { uniqueItems: true, minItems: 2 })],
  [
    "too few literals",
    Type.Array(Type.Enum({ A: "a", B: "b" }), { uniqueItems: true, minItems: 3 }),
  ],
  ["minProperties and maxProperties", Type.Object({}, { minProperties: 2, maxProperties: 1 })],
  ["more required than maxProperties", Type.Object({ a: text, b: text }, { maxProperties: 1 })],
  ["fewer than minProperties", Type.Object({ a: optional }, { minProperties: 2 })],
  [
    "fewer than minProperties, closed",
    Type.Object({ a: optional }, { minProperties: 2, additionalProperties: false }),
  ],
  [
    "more required than maxProperties of one member",
    Type.Intersect([Type.Object({ a: text }), Type.Object({ b: text }, { maxProperties: 1 })]),
  ],
  ["contains of another kind", Type.Array(Type.Integer(), { contains: text })],
  ["contains of another literal", Type.Array(Type.Literal("a"), { contains: Type.Literal("b") })],
  [
    "contains beyond the bounds of the items",
    Type.Array(Type.Integer({ maximum: 5 }), { contains: Type.Literal(6) }),
  ],
  ["more than the largest number", Type.Number({ exclusiveMinimum: Number.MAX_VALUE })],
  ["\\p without the flag u", Type.RegExp("^\\p{L}+$")],
  ["\\u without the flag u", Type.RegExp("^\\u{1F49A}$")],
  ["half a pair in a template", Type.TemplateLiteral([Type.Literal("\ud800")])],
  ["a record", Type.Record(text, text, { minProperties: 2, maxProperties: 1 })],
  ["an empty union", { ...Type.Union([text, text]), anyOf: [] } as TSchema],
  ["no union", Type.Union([])],
  ["an empty enum", Type.Enum({})],
  ["never", Type.Never()],
  ["a required never", Type.Object({ a: Type.Never() }), "/a"],
  ["items that are never", Type.Array(Type.Never()), "/items"],
  ["a never in a tuple", Type.Tuple([text, Type.Never()]), "/1"],
  ["entries that are never", Type.Record(text, Type.Never()), "/values"],
  ["a never in a union", { ...Type.Union([text, text]), anyOf: [text, Type.Never()] }, "/anyOf/1"],
  [
    "further properties that are never",
    Type.Object({}, { additionalProperties: Type.Never() }),
    "/additionalProperties",
  ],
  ["not anything", Type.Not(Type.Unknown())],
  ["not never", Type.Not(Type.Never()), "/not"],
  ["itself without an end", Type.Recursive((This) => Type.Object({ next: This }))],
  ["a tuple of itself", Type.Recursive((This) => Type.Tuple([text, This]))],
  ["an array that must hold itself", Type.Recursive((This) => Type.Array(This, { minItems: 1 }))],
  [
    "a record that must hold itself",
    Type.Recursive((This) => Type.Record(text, This, { minProperties: 1 })),
  ],
  [
    "an integer record that must hold itself",
    Type.Recursive((This) => Type.Record(Type.Integer(), This, { minProperties: 2 })),
  ],
  [
    "further properties that must hold themselves",
    Type.Recursive((This) => Type.Object({}, { additionalProperties: This, minProperties: 1 })),
  ],
  [
    "an optional property that is needed and without an end",
    Type.Recursive((This) => Type.Object({ a: Type.Optional(This) }, { minProperties: 1 })),
  ],
  [
    "an array that must contain itself",
    Type.Recursive((This) => Type.Array(Type.Unknown(), { contains: This })),
  ],
  [
    "an array that must contain what has no end",
    Type.Array(Type.Unknown(), { contains: Type.Recursive((This) => Type.Tuple([This])) }),
  ],
  [
    "two that need each other",
    Type.Module({
      A: Type.Object({ b: Type.Ref("B") }),
      B: Type.Object({ a: Type.Ref("A") }),
    }).Import("A"),
    "/b",
  ],
  [
    "an optional property without an end",
    Type.Object({ a: Type.Optional(Type.Recursive((This) => Type.Object({ a: This }))) }),
    "/a",
  ],
  ["an item that may be left out", Type.Tuple([text, Type.Optional(text)])],
  ["a tuple of another length", { ...Type.Tuple([text]), maxItems: 2 } as TSchema],
];

describe("a combination that no value satisfies", () => {
  const rows = NONE.map(([name, schema, path = ""]) => [name, schema, path] as const);

  test.each(rows)("is refused: %s", (_, schema, path) => {
    const error = errorOf(() => valueCodec(schema));
    expect(error.code).toBe("protocol-invalid");
    expect(error.path).toBe(`/server/m/v${path}`);
  });
});

describe("the last value that there is", () => {
  test.each<readonly [name: string, schema: TSchema, value: unknown]>([
    ["of one length", Type.String({ minLength: 1, maxLength: 1 }), "a"],
    ["the empty text", Type.String({ maxLength: 0 }), ""],
    ["no bytes", Type.Uint8Array({ maxByteLength: 0 }), new Uint8Array()],
    ["one number", Type.Integer({ minimum: 0, maximum: 0 }), 0],
    ["the end of a range", Type.Number({ minimum: 1, maximum: 1 }), 1],
    ["between two", Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1 }), 0.5],
    ["an integer between", Type.Integer({ exclusiveMinimum: 0.5, maximum: 1.2 }), 1],
    ["a multiple", Type.Integer({ minimum: 1, maximum: 5, multipleOf: 5 }), 5],
    ["a decimal multiple", Type.Number({ minimum: 0.25, maximum: 0.39, multipleOf: 0.1 }), 0.3],
    ["zero of any step", Type.Number({ maximum: 0.05, minimum: -0.05, multipleOf: 0.1 }), 0],
    ["an integer of a decimal step", Type.Integer({ minimum: 1, multipleOf: 0.5 }), 1],
    ["the largest bigint", Type.BigInt({ minimum: 2n ** 64n - 1n }), 2n ** 64n - 1n],
    ["zero as a bigint", Type.BigInt({ minimum: 0n, maximum: 0n }), 0n],
    ["a big multiple", Type.BigInt({ multipleOf: 2n }), 6n],
    ["the last date", Type.Date({ minimumTimestamp: 8.64e15 }), new Date(8.64e15)],
    ["the epoch", Type.Date({ minimumTimestamp: 0, maximumTimestamp: 0 }), new Date(0)],
    ["a date of a step", Type.Date({ multipleOfTimestamp: 1000 }), new Date(5000)],
    ["no items", Type.Array(text, { maxItems: 0 }), []],
    ["none contained", Type.Array(text, { contains: Type.Literal("x"), minContains: 0 }), ["a"]],
    [
      "at most none contained",
      Type.Array(text, { contains: Type.Literal("x"), minContains: 0, maxContains: 0 }),
      ["a"],
    ],
    [
      "two that differ",
      Type.Array(Type.Boolean(), { uniqueItems: true, minItems: 2 }),
      [true, false],
    ],
    ["the same twice", Type.Array(text, { uniqueItems: false }), ["a", "a"]],
    ["no properties", Type.Object({ a: optional }, { maxProperties: 0 }), {}],
    ["any number of properties", Type.Object({}, { minProperties: 0 }), {}],
    ["no entries", Type.Record(text, text, { maxProperties: 0 }), {}],
    ["what must not be there", Type.Object({ a: Type.Optional(Type.Never()) }), {}],
    ["false", Type.Literal(false), false],
    ["the empty literal", Type.Literal(""), ""],
    ["zero", Type.Literal(0), 0],
    ["the empty pattern", Type.String({ pattern: "" }), "a"],
    ["an array of itself", Type.Recursive((This) => Type.Array(This)), [[], [[]]]],
    [
      "itself or null",
      Type.Recursive((This) => Type.Object({ next: Type.Union([This, Type.Null()]) })),
      { next: { next: null } },
    ],
    [
      "a record of itself, or of a property",
      Type.Recursive((This) =>
        Type.Object({ a: optional }, { additionalProperties: This, minProperties: 1 }),
      ),
      { more: { more: { a: "x" } } },
    ],
    [
      "an array that may contain itself",
      Type.Recursive((This) => Type.Array(Type.Unknown(), { contains: This, minContains: 0 })),
      [[], 5],
    ],
    ["an empty tuple", Type.Tuple([]), []],
    ["one of the items", Type.Array(Type.Unknown(), { contains: Type.Literal(5) }), ["a", 5]],
    ["a letter with the flag u", Type.RegExp(/^\p{L}$/u), "ñ"],
  ])("travels on both paths: %s", (_, schema, value) => {
    expect(roundTrip(schema, value)).toEqual(value);
    const { server } = defineReferenceProtocol({
      name: "test",
      version: 1,
      server: { m: Type.Object({ v: schema }) },
      client: {},
    });
    const message = { type: "m", v: value } as never;
    expect(server.decode(server.encode(message))).toEqual(message);
  });

  test.each<readonly [schema: TSchema, value: unknown]>([
    [Type.String({ maxLength: 0 }), "a"],
    [Type.Integer({ maximum: 0 }), 1],
    [Type.Integer({ exclusiveMinimum: 0 }), 0],
    [Type.BigInt({ maximum: 0n }), 1n],
    [Type.BigInt({ multipleOf: 2n }), 5n],
    [Type.Date({ maximumTimestamp: 0 }), new Date(1)],
    [Type.Array(text, { maxItems: 0 }), ["a"]],
    [Type.Array(text, { contains: Type.Literal("x"), minContains: 0, maxContains: 0 }), ["x"]],
    [Type.Array(text, { contains: Type.Literal("x"), minContains: 2 }), ["x"]],
    [Type.Record(text, text, { maxProperties: 0 }), { a: "b" }],
    [Type.Object({ a: optional }, { maxProperties: 0 }), { a: "b" }],
    [Type.Literal(false), 0],
    [Type.Literal(""), "a"],
  ])("is the last: another is refused, row %#", (schema, value) => {
    for (const define of [valueCodec, referenceCodec]) {
      expect(outcomeOf(() => define(schema).encode({ type: "m", v: value }))).toBe(
        "schema-mismatch",
      );
      const payload = valueCodec(Type.Array(loose(schema))).encode({ type: "m", v: [value] });
      expect(outcomeOf(() => define(Type.Array(schema)).decode(payload))).toBe("schema-mismatch");
    }
  });
});

function referenceCodec(schema: TSchema): ReturnType<typeof valueCodec> {
  return defineReferenceProtocol({
    name: "test",
    version: 1,
    server: { m: Type.Object({ v: schema }) },
    client: {},
  }).server;
}

/** The same kind without its constraints. */
function loose(schema: TSchema): TSchema {
  switch (schema[Kind]) {
    case "BigInt":
      return Type.BigInt();
    case "Date":
      return Type.Date();
    default:
      return Type.Unknown();
  }
}
