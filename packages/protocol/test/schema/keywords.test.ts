// What a schema may say: keywords that no check enforces are refused, and the error names the one that was meant.

import { describe, expect, test } from "bun:test";

import { FormatRegistry, type TSchema, Type as TypeBox } from "@sinclair/typebox";

import { Type } from "../../src/index.ts";
import { errorOf, expectError, outcomeOf } from "../support/errors.ts";
import { roundTrip, valueCodec } from "../support/value-codec.ts";

const AT = "/server/m/v";

function refusalOf(schema: TSchema): string {
  const error = errorOf(() => valueCodec(schema));
  expect(error.code).toBe("protocol-invalid");
  expect(error.path).toBe(AT);
  return error.message.replace(`Cannot define protocol at ${AT}: `, "");
}

/** A type with keywords that the compiler does not know. */
function withKeywords(schema: TSchema, keywords: object): TSchema {
  return { ...schema, ...keywords };
}

const text = Type.String();
const open = Type.Object({ a: Type.Optional(Type.String()), b: Type.Optional(Type.String()) });
const twoCases = "write a Type.Union of two objects";

describe("a keyword that is not enforced", () => {
  test.each([
    [Type.Integer({ min: 1 }), "min", 'write "minimum"'],
    [Type.Number({ max: 1 }), "max", 'write "maximum"'],
    [Type.Integer({ Minimum: 1 }), "Minimum", 'write "minimum"'],
    [Type.Integer({ minumum: 1 }), "minumum", 'write "minimum"'],
    [Type.Number({ gte: 1 }), "gte", 'write "minimum"'],
    [Type.Number({ gt: 1 }), "gt", 'write "exclusiveMinimum"'],
    [Type.Number({ step: 1 }), "step", 'write "multipleOf"'],
    [Type.Integer({ format: "int32" }), "format", 'write "minimum" and "maximum"'],
    [
      Type.Integer({ enum: [1, 2] }),
      "enum",
      "write Type.Union([Type.Literal(1), Type.Literal(2)])",
    ],
    [Type.Integer({ minLength: 1 }), "minLength", 'write "minimum"'],
    [Type.BigInt({ min: 1n }), "min", 'write "minimum"'],
    [Type.String({ min: 1 }), "min", 'write "minLength"'],
    [Type.String({ max_length: 1 }), "max_length", 'write "maxLength"'],
    [Type.String({ length: 3 }), "length", 'write "minLength" and "maxLength"'],
    [Type.String({ regex: "a" }), "regex", 'write "pattern"'],
    [Type.String({ enum: ["a"] }), "enum", 'write Type.Union([Type.Literal("a")])'],
    [
      Type.String({ enum: ["a", null, 5n] }),
      "enum",
      'write Type.Union([Type.Literal("a"), Type.Null(), Type.Literal(5n)])',
    ],
    [Type.String({ const: "a" }), "const", 'write Type.Literal("a")'],
    [
      Type.Unknown({ const: { a: [false, null] } }),
      "const",
      'write Type.Object({ "a": Type.Tuple([Type.Literal(false), Type.Null()]) })',
    ],
    [
      Type.Unknown({ enum: [[0], {}] }),
      "enum",
      "write Type.Union([Type.Tuple([Type.Literal(0)]), Type.Object({})])",
    ],
    [Type.String({ nullable: true }), "nullable", "write Type.Union([ …, Type.Null()])"],
    [Type.String({ contentEncoding: "base64" }), "contentEncoding", "write Type.Uint8Array()"],
    [Type.String({ transform: ["trim"] }), "transform", "change the text before it is sent"],
    [Type.RegExp(/a/, { pattern: "b" }), "pattern", "leave it out"],
    [Type.TemplateLiteral("a${string}", { maxLength: 5 }), "maxLength", "leave it out"],
    [Type.Date({ minimum: 5 }), "minimum", 'write "minimumTimestamp"'],
    [Type.Date({ maximum: 5 }), "maximum", 'write "maximumTimestamp"'],
    [Type.Date({ exclusiveMinimum: 5 }), "exclusiveMinimum", 'write "exclusiveMinimumTimestamp"'],
    [Type.Date({ multipleOf: 5 }), "multipleOf", 'write "multipleOfTimestamp"'],
    [Type.Date({ format: "date-time" }), "format", "leave it out: a date travels as a number"],
    [Type.Uint8Array({ maxLength: 5 }), "maxLength", 'write "maxByteLength"'],
    [Type.Uint8Array({ length: 5 }), "length", 'write "minByteLength" and "maxByteLength"'],
    [Type.Array(text, { min: 1 }), "min", 'write "minItems"'],
    [Type.Array(text, { maxLength: 1 }), "maxLength", 'write "maxItems"'],
    [Type.Array(text, { unique: true }), "unique", 'write "uniqueItems"'],
    [Type.Array(text, { prefixItems: [] }), "prefixItems", "write Type.Tuple([ … ])"],
    [Type.Tuple([text], { uniqueItems: true }), "uniqueItems", "write Type.Array( … )"],
    [Type.Object({}, { min: 1 }), "min", 'write "minProperties"'],
    [Type.Object({}, { strict: true }), "strict", 'write "additionalProperties"'],
    [
      Type.Object({}, { AdditionalProperties: false }),
      "AdditionalProperties",
      'write "additionalP',
    ],
    [
      Type.Object({}, { unevaluatedProperties: false }),
      "unevaluatedProperties",
      'write "additionalProperties"',
    ],
    [Type.Object({}, { patternProperties: {} }), "patternProperties", "put a Type.Record under"],
    [Type.Object({}, { dependentRequired: { a: ["b"] } }), "dependentRequired", twoCases],
    [Type.Object({}, { dependencies: { a: ["b"] } }), "dependencies", twoCases],
    [Type.Object({}, { dependentSchemas: {} }), "dependentSchemas", twoCases],
    [Type.Object({}, { if: {}, then: {} }), "if", twoCases],
    [Type.Object({}, { then: {} }), "then", twoCases],
    [Type.Object({}, { else: {} }), "else", twoCases],
    [Type.Object({}, { propertyNames: {} }), "propertyNames", "write Type.Record("],
    [Type.Object({}, { oneOf: [] }), "oneOf", "write Type.Union([ … ])"],
    [Type.Object({}, { not: {} }), "not", "must not be there is Type.Optional(Type.Never())"],
    [Type.String({ not: {} }), "not", "write Type.Not( … )"],
    [Type.Object({}, { $defs: {} }), "$defs", "Type.Module"],
    [Type.Record(text, text, { required: ["a"] }), "required", "write Type.Object"],
    [Type.Record(text, text, { maxLength: 5 }), "maxLength", 'write "maxProperties"'],
    [Type.Union([text, Type.Null()], { type: "string" }), "type", "leave it out"],
    [Type.Union([text, Type.Null()], { maxLength: 5 }), "maxLength", "write it in the members"],
    [Type.Union([text, Type.Null()], { discriminator: {} }), "discriminator", "leave it out"],
    [
      Type.Intersect([open, open], { additionalProperties: false }),
      "additionalProperties",
      'write "unevaluatedProperties"',
    ],
    [Type.Unknown({ type: "string" }), "type", "leave it out"],
    [Type.Any({ minimum: 5 }), "minimum", "leave it out"],
    [Type.Boolean({ const: true }), "const", "write Type.Literal(true)"],
    [Type.Null({ nullable: true }), "nullable", "write Type.Union"],
    [Type.Literal("a", { maxLength: 1 }), "maxLength", "leave it out"],
    [Type.Not(text, { type: "string" }), "type", "leave it out"],
    [Type.String({ brand: "UserId" }), "brand", 'leave it out, or call it "x-…"'],
    [Type.String({ constructor: 5 }), "constructor", 'leave it out, or call it "x-…"'],
  ])("is refused with the one that was meant: row %#", (schema, keyword, advice) => {
    const reason = refusalOf(schema);
    expect(reason).toContain(`does not enforce "${keyword}"; `);
    expect(reason).toContain(advice);
  });

  test("is refused with a value that contains itself, too", () => {
    const endless: { readonly a: unknown[] } = { a: [] };
    endless.a.push(endless);
    expect(refusalOf(Type.Unknown({ const: endless }))).toContain(
      'write Type.Object({ "a": Type.Tuple([Type.Object({ "a": Type.Tuple([…]) })]) })',
    );
  });

  test("is refused wherever a type stands, with its path", () => {
    const wrong = Type.Integer({ min: 1 });
    for (const [schema, path] of [
      [Type.Array(wrong), "/items"],
      [Type.Array(text, { contains: wrong }), "/contains"],
      [Type.Tuple([text, wrong]), "/1"],
      [Type.Object({ a: Type.Optional(wrong) }), "/a"],
      [Type.Object({}, { additionalProperties: wrong }), "/additionalProperties"],
      [Type.Record(text, wrong), "/values"],
      [Type.Union([text, wrong]), "/anyOf/1"],
      [Type.Intersect([Type.Object({ a: wrong }), Type.Object({})]), "/allOf/0/a"],
      [Type.Not(wrong), "/not"],
      [Type.Module({ A: Type.Object({ a: wrong }) }).Import("A"), "/$defs/A/a"],
      [Type.Recursive((This) => Type.Object({ n: wrong, next: Type.Array(This) })), "/n"],
    ] as const) {
      expectError(() => valueCodec(schema), "protocol-invalid", { path: AT + path });
    }
  });

  test("takes several types for a union", () => {
    expect(refusalOf(withKeywords(text, { type: ["string", "null"] }))).toContain("Type.Union");
  });

  test("is not one that is undefined", () => {
    expect(outcomeOf(() => valueCodec(withKeywords(text, { min: undefined })))).toBe("accepted");
  });
});

describe("an annotation", () => {
  const notes = {
    $comment: "a",
    title: "a",
    description: "a",
    default: "a",
    deprecated: true,
    examples: ["a", { min: 1 }],
    readOnly: true,
    writeOnly: false,
    "x-min": 1,
    "x-go-type": { enum: [] },
  };

  test.each([
    [Type.String(notes), "a"],
    [Type.Integer(notes), 1],
    [Type.BigInt(notes), 1n],
    [Type.Boolean(notes), true],
    [Type.Null(notes), null],
    [Type.Date(notes), new Date(1)],
    [Type.Uint8Array(notes), Uint8Array.of(1)],
    [Type.RegExp(/a/, notes), "a"],
    [Type.TemplateLiteral("a${string}", notes), "ab"],
    [Type.Literal("a", notes), "a"],
    [Type.Enum({ A: "a", B: "b" }, notes), "a"],
    [Type.Array(text, notes), ["a"]],
    [Type.Tuple([text], notes), ["a"]],
    [Type.Object({ a: text }, { ...notes, $id: "Noted" }), { a: "a" }],
    [Type.Record(text, text, notes), { a: "a" }],
    [Type.Union([text, Type.Null()], notes), null],
    [Type.Intersect([Type.Object({ a: text }), Type.Object({})], notes), { a: "a" }],
    [Type.Unknown(notes), 1],
    [Type.Any(notes), 1],
    [Type.Not(text, notes), 1],
    [Type.Module({ A: Type.Object({ a: text }) }).Import("A", notes), { a: "a" }],
  ])("asks nothing: row %#", (schema, value) => {
    expect(roundTrip(schema, value)).toEqual(value);
  });
});

describe("the value of a keyword", () => {
  test.each([
    [Type.String({ minLength: -1 }), "minLength: expected a whole number from 0, got integer"],
    [Type.String({ maxLength: 1.5 }), "maxLength: expected a whole number from 0, got number"],
    [withKeywords(text, { maxLength: "5" }), "maxLength: expected a whole number from 0, got text"],
    [Type.Integer({ minimum: Number.NaN }), "minimum: expected a number, got NaN"],
    [withKeywords(Type.Integer(), { minimum: 5n }), "minimum: expected a number, got a bigint"],
    [withKeywords(Type.BigInt(), { minimum: 5 }), "minimum: expected a bigint, such as 5n, got"],
    [withKeywords(Type.Array(text), { uniqueItems: "yes" }), "uniqueItems: expected true or false"],
    [withKeywords(Type.Array(text), { contains: true }), "contains: expected a type, got boolean"],
    [withKeywords(text, { pattern: 5 }), "pattern: expected a text, got integer"],
    [withKeywords(text, { pattern: /a/ }), "pattern: expected a text, got map"],
    [
      withKeywords(Type.Object({}), { additionalProperties: "no" }),
      "additionalProperties: expected true, false or a type, got text",
    ],
    [withKeywords(Type.Date(), { minimumTimestamp: new Date(5) }), "expected a number, got date"],
  ])("is one that the keyword can have: row %#", (schema, reason) => {
    expect(refusalOf(schema)).toContain(reason);
  });
});

describe("the keys of a record", () => {
  test.each([
    [Type.Record(Type.String({ maxLength: 2 }), text), '"maxLength"', '"^[^]{0,2}$"'],
    [Type.Record(Type.String({ minLength: 1, maxLength: 9 }), text), '"minLength"', '"^[^]{1,9}$"'],
    [Type.Record(Type.String({ minLength: 1 }), text), '"minLength"', '"^[^]{1,}$"'],
    [Type.Record(Type.String({ format: "date" }), text), '"format"', "write it as a pattern"],
    [Type.Record(Type.Integer({ minimum: 1 }), text), '"minimum"', "Type.Array(Type.Tuple("],
    [Type.Record(Type.Number({ multipleOf: 2 }), text), '"multipleOf"', "Type.Array(Type.Tuple("],
    [Type.Record(Type.RegExp(/^a/i), text), "flags", "Type.String({ pattern: … })"],
    [
      Type.Record(Type.Union([text, Type.Literal("a")]), text),
      "one pattern",
      "one record for each",
    ],
    [Type.Record(Type.Never(), text), "without keys", "Type.Object({})"],
    [
      TypeBox.Record(TypeBox.Union([text, Type.String({ pattern: "a" })]), text),
      "one pattern",
      "one record for each pattern",
    ],
    [
      withKeywords(TypeBox.Record(text, text), { patternProperties: { "^a": text, "^b": text } }),
      "one pattern",
      "one record for each pattern",
    ],
    [
      Type.Record(Type.Integer(), text, { additionalProperties: Type.Null() }),
      "beside integer keys",
      "under a property of its own",
    ],
    [
      Type.Record(Type.Integer(), text, { additionalProperties: true }),
      "beside integer keys",
      "own",
    ],
  ])("ask nothing that is not enforced: row %#", (schema, reason, advice) => {
    const refusal = refusalOf(schema);
    expect(refusal).toContain(reason);
    expect(refusal).toContain(advice);
  });

  test("are texts or integers", () => {
    for (const key of [Type.BigInt(), Type.Date(), Type.Null()]) {
      const refusal = refusalOf(Type.Record(key as never, text));
      expect(refusal).toContain("the keys of a record are texts or integers");
      expect(refusal).toContain("Type.Record(Type.String(), … )");
    }
  });

  test("may be those that the advice names", () => {
    const short = Type.Record(Type.String({ pattern: "^[^]{0,2}$" }), text);
    expect(roundTrip(short, { ab: "x", "": "y", "\n\n": "z" })).toEqual({
      ab: "x",
      "": "y",
      "\n\n": "z",
    });
    expectError(() => roundTrip(short, { abc: "x" }), "schema-mismatch", { path: "/v/abc" });
    for (const key of [
      Type.String({ title: "a name", description: "of somebody" }),
      Type.RegExp(/^a/u),
      Type.Any(),
    ]) {
      expect(roundTrip(Type.Record(key as typeof text, text), { a: "x" })).toEqual({ a: "x" });
    }
  });
});

describe("a keyword that TypeBox writes itself", () => {
  const optional = Type.Object({ a: text, b: Type.Optional(text) }, { required: ["b"] } as object);

  test.each<readonly [schema: TSchema, keyword: string, advice: string]>([
    [Type.Tuple([text], { additionalItems: true }), "additionalItems", "a Type.Union of tuples"],
    [Type.Tuple([text], { additionalItems: text } as object), "additionalItems", "Type.Array"],
    [Type.Tuple([text, text], { minItems: 1 }), "minItems", "Type.Array"],
    [Type.Tuple([], { maxItems: 5 }), "maxItems", "Type.Array"],
    [optional, "required", "unless it is Type.Optional"],
    [Type.Object({ a: text }, { properties: {} } as object), "properties", "leave it out"],
    [Type.String({ type: "number" } as object), "type", "leave it out"],
    [Type.Literal("a", { const: "b" } as object), "const", "leave it out"],
    [Type.RegExp(/a/, { source: "b" } as object), "source", "leave it out"],
    [Type.TemplateLiteral("a${string}", { pattern: "b" } as object), "pattern", "leave it out"],
    [Type.Array(text, { items: [text] } as object), "items", "leave it out"],
  ])("is refused where it was given otherwise: row %#", (schema, keyword, advice) => {
    const refusal = refusalOf(schema);
    expect(refusal).toContain(`writes "${keyword}" itself`);
    expect(refusal).toContain(advice);
  });

  test("may be what it is anyway, undefined, or a note for readers", () => {
    for (const [schema, value] of [
      [Type.Tuple([text], { minItems: 1, maxItems: 1, additionalItems: false }), ["x"]],
      [Type.Object({ a: text }, { required: ["a"] } as object), { a: "x" }],
      [Type.String({ type: "string", pattern: undefined } as object), "x"],
      [Type.Union([Type.String({ title: "a" })], { title: "b" }), "x"],
      [Type.Array(text, { contains: text }), ["x"]],
      [
        Type.Intersect([Type.Object({ a: text }), Type.Object({})], {
          unevaluatedProperties: text,
        }),
        { a: "x", b: "y" },
      ],
    ] as const) {
      expect(roundTrip(schema, value)).toEqual(value);
    }
  });
});

describe("a condition on the properties of an object", () => {
  test.each(["oneOf", "anyOf", "not"])("is a union of objects: %s", (keyword) => {
    const schema = Type.Object({ a: Type.Optional(text) }, { [keyword]: [] });
    expect(refusalOf(schema)).toContain("write Type.Union([ … ]) of objects, one for each case");
  });

  test("on those of a pattern is additionalProperties, or a record", () => {
    const schema = Type.Object({ a: text }, { patternProperties: { "^x-": text } });
    expect(refusalOf(schema)).toContain("write additionalProperties");
  });
});

describe("a bound that is a flag, as it was in draft 4", () => {
  test.each(["exclusiveMinimum", "exclusiveMaximum"])("is told to be a number: %s", (keyword) => {
    const schema = withKeywords(Type.Number({ minimum: 0 }), { [keyword]: true });
    expect(refusalOf(schema)).toContain(`write the bound itself, ${keyword}: 0`);
  });
});

describe("a format", () => {
  test("has to be registered", () => {
    expect(refusalOf(Type.String({ format: "ipv9" }))).toBe(
      'the format "ipv9" is not registered; write a pattern, or call FormatRegistry.Set("ipv9", check) first, with the FormatRegistry of "typewire"',
    );
    FormatRegistry.Set("ipv9", (value) => value === "9");
    expect(roundTrip(Type.String({ format: "ipv9" }), "9")).toBe("9");
    FormatRegistry.Delete("ipv9");
  });

  test.each([
    ["date-time", "Type.Date()"],
    ["byte", "Type.Uint8Array()"],
    ["int64", "Type.BigInt("],
    ["int-or-string", "Type.Union([Type.Integer(), Type.String()])"],
    ["uri", "a pattern"],
  ])("that is a type of its own is told: %s", (format, instead) => {
    const refusal = refusalOf(Type.String({ format }));
    expect(refusal).toContain(`write ${instead}`);
    expect(refusal).toContain(`FormatRegistry.Set("${format}", check)`);
  });

  test.each([
    ["int32", "Type.Integer({ minimum: -2147483648, maximum: 2147483647 })"],
    ["int64", "Type.BigInt("],
    ["unix-time", "Type.Date(), which travels as milliseconds, or leave it out"],
    ["even", '"minimum" and "maximum"'],
  ])("of a number is a type, or bounds: %s", (format, instead) => {
    const refusal = refusalOf(Type.Integer({ format } as never));
    expect(refusal).toContain("write ");
    expect(refusal).toContain(instead);
  });
});

describe("any keyword with any value", () => {
  const kinds: readonly TSchema[] = [
    Type.Any(),
    Type.Array(Type.Null()),
    Type.BigInt(),
    Type.Boolean(),
    Type.Date(),
    Type.Integer(),
    Type.Intersect([Type.Object({}), Type.Object({})]),
    Type.Literal("a"),
    Type.Not(text),
    Type.Null(),
    Type.Number(),
    Type.Object({ a: Type.Optional(text) }),
    Type.Record(text, text),
    Type.RegExp(/a/),
    text,
    Type.TemplateLiteral("a${string}"),
    Type.Tuple([text]),
    Type.Uint8Array(),
    Type.Undefined(),
    Type.Union([text, Type.Null()]),
    Type.Module({ A: text }).Import("A"),
  ];
  const keywords = new Set([
    ...kinds.flatMap((kind) => Object.keys(kind)),
    ..."minLength maxLength pattern format minimum maximum exclusiveMinimum multipleOf".split(" "),
    ..."minItems maxItems uniqueItems contains minContains maxContains minProperties".split(" "),
    ..."maxProperties minByteLength minimumTimestamp multipleOfTimestamp if $ref not".split(" "),
    ..."unevaluatedProperties additionalProperties const enum $id required default x-a".split(" "),
  ]);
  const values: readonly unknown[] = [
    undefined,
    null,
    true,
    0,
    -0.5,
    5n,
    "(",
    "\ud800",
    ["a"],
    {},
    text,
    Symbol("x"),
    /a/,
  ];
  const sent: readonly unknown[] = ["a", { a: "b" }];

  test("is accepted by a codec that works, or refused as what the protocol cannot say", () => {
    let accepted = 0;
    for (const kind of kinds) {
      for (const keyword of keywords) {
        for (const value of values) {
          const schema = withKeywords(kind, { [keyword]: value });
          const outcome = outcomeOf(() => valueCodec(schema));
          expect(["accepted", "protocol-invalid"]).toContain(outcome);
          if (outcome !== "accepted" || value === undefined) continue;
          accepted += 1;
          const codec = valueCodec(schema);
          for (const v of sent) {
            const verdict = outcomeOf(() => codec.decode(codec.encode({ type: "m", v })));
            expect(["accepted", "schema-mismatch"]).toContain(verdict);
          }
        }
      }
    }
    expect(accepted).toBeGreaterThan(kinds.length * values.length);
  }, 60_000);
});
