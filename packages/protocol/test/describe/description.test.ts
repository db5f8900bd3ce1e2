import { describe, expect, test } from "bun:test";

import type { TSchema } from "@sinclair/typebox";

import { defineProtocol } from "../../src/define-protocol.ts";
import type { ProtocolDescription } from "../../src/describe/description.ts";
import { saludo } from "../../src/saludo.ts";
import { Type } from "../../src/schema/type.ts";

function describing(v: TSchema): ProtocolDescription {
  const server = { m: Type.Object({ v }) };
  return defineProtocol({ name: "test", version: 1, server, client: {} }).description;
}

/** What a property of this schema is described as. */
function described(v: TSchema): unknown {
  const { m = {} } = describing(v).server;
  return (m["properties"] as Readonly<Record<string, unknown>>)["v"];
}

describe("protocol.description", () => {
  test("says what a protocol is", () => {
    expect(saludo.description).toEqual({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      name: "saludo",
      version: 1,
      fingerprint: saludo.fingerprint,
      server: {
        welcome: {
          type: "object",
          properties: { text: { type: "string" } },
          required: ["text"],
        },
        greeting: {
          type: "object",
          properties: {
            words: {
              type: "object",
              typewire: "integer-keys",
              patternProperties: { "^(0|-?[1-9][0-9]*)$": { type: "string" } },
              additionalProperties: false,
            },
          },
          required: ["words"],
        },
        said: {
          type: "object",
          properties: {
            from: { type: "string" },
            text: { type: "string" },
            at: { type: "integer", typewire: "date", minimum: -8.64e15, maximum: 8.64e15 },
          },
          required: ["at", "from", "text"],
        },
      },
      client: {
        say: {
          type: "object",
          properties: { text: { type: "string", minLength: 1, maxLength: 4096 } },
          required: ["text"],
        },
      },
    });
  });

  test.each<[string, TSchema, unknown]>([
    ["anything", Type.Unknown(), {}],
    [
      "nothing",
      Type.Object({ a: Type.Optional(Type.Never()) }),
      { type: "object", properties: { a: { not: {} } } },
    ],
    ["an exclusion", Type.Not(Type.String()), { not: { type: "string" } }],
    ["undefined", Type.Undefined(), { typewire: "undefined", not: {} }],
    ["a number", Type.Number({ exclusiveMinimum: 0 }), { type: "number", exclusiveMinimum: 0 }],
    [
      "a big integer, with bounds that a double may not hold as texts",
      Type.BigInt({ minimum: 1n, maximum: 2n ** 63n - 1n }),
      {
        type: "integer",
        typewire: "bigint",
        minimum: 1,
        typewireAsks: { maximum: "9223372036854775807" },
      },
    ],
    [
      "a date as milliseconds",
      Type.Date({ minimumTimestamp: 0, multipleOfTimestamp: 1000 }),
      { type: "integer", typewire: "date", minimum: 0, maximum: 8.64e15, multipleOf: 1000 },
    ],
    [
      "bytes, whose lengths JSON Schema cannot count",
      Type.Uint8Array({ minByteLength: 1, maxByteLength: 2 }),
      { type: "string", typewire: "bytes", typewireAsks: { minBytes: 1, maxBytes: 2 } },
    ],
    [
      "a text",
      Type.String({ minLength: 1, pattern: "^a" }),
      { type: "string", minLength: 1, pattern: "^a" },
    ],
    [
      "a pattern with the flag of JSON Schema",
      Type.RegExp(/^a/u),
      { type: "string", pattern: "^a" },
    ],
    [
      "a pattern with other flags",
      Type.RegExp(/^a/i, { maxLength: 3 }),
      { type: "string", maxLength: 3, typewireAsks: { pattern: "^a", flags: "i" } },
    ],
    [
      "a template literal",
      Type.TemplateLiteral([Type.Literal("v"), Type.BigInt()]),
      { type: "string", pattern: "^v(0|-?[1-9][0-9]*)$" },
    ],
    ["a literal", Type.Literal("a"), { const: "a" }],
    [
      "an array",
      Type.Array(Type.Null(), { maxItems: 3, contains: Type.Null(), minContains: 0 }),
      {
        type: "array",
        items: { type: "null" },
        maxItems: 3,
        contains: { type: "null" },
        minContains: 0,
      },
    ],
    [
      "a tuple",
      Type.Tuple([Type.Null()]),
      { type: "array", prefixItems: [{ type: "null" }], items: false, minItems: 1 },
    ],
    ["an empty tuple", Type.Tuple([]), { type: "array", items: false }],
    [
      "an object, with its properties in their order",
      Type.Object(
        { b: Type.Null(), a: Type.Optional(Type.Null()) },
        { additionalProperties: false },
      ),
      {
        type: "object",
        properties: { b: { type: "null" }, a: { type: "null" } },
        required: ["b"],
        additionalProperties: false,
      },
    ],
    [
      "a record of all texts",
      Type.Record(Type.String(), Type.Null(), { maxProperties: 1 }),
      { type: "object", additionalProperties: { type: "null" }, maxProperties: 1 },
    ],
    [
      "a record of some texts",
      Type.Record(Type.String({ pattern: "^a" }), Type.Null()),
      {
        type: "object",
        patternProperties: { "^a": { type: "null" } },
        additionalProperties: false,
      },
    ],
    [
      "an intersection",
      Type.Intersect([Type.Object({}), Type.Object({})], { unevaluatedProperties: false }),
      {
        allOf: [
          { type: "object", properties: {} },
          { type: "object", properties: {} },
        ],
        unevaluatedProperties: false,
      },
    ],
  ])("describes what is on the wire: %s", (_, schema, expected) => {
    expect(described(schema)).toEqual(expected);
  });

  test("keeps what says something to a reader, as JSON", () => {
    const notes = { title: "t", description: "d", default: new Date(5) };
    const examples = [new Date(5), { $ref: "T0" }, 1n];
    expect(described(Type.Null({ ...notes, examples, $comment: "c", "x-y": 1 }))).toEqual({
      type: "null",
      title: "t",
      description: "d",
      default: 5,
      examples: [5, { $ref: "T0" }, 1],
    });
    // JSON has no bytes, no undefined and no numbers beyond doubles.
    for (const unsaid of [Uint8Array.of(1), undefined, NaN, 2n ** 64n, [2n ** 64n], { a: NaN }]) {
      expect(described(Type.Null({ default: unsaid }))).toEqual({ type: "null" });
    }
  });

  test("refers to recursive types, to those with an $id and to those of a module", () => {
    const list = Type.Recursive((This) => Type.Object({ next: Type.Optional(This) }));
    const user = Type.Object({ list }, { $id: "https://example.org/user" });
    const module = Type.Module({
      A: Type.Object({ b: Type.Optional(Type.Ref("B")) }),
      B: Type.Object({ a: Type.Optional(Type.Ref("A")) }),
      Unused: Type.Null(),
    });
    const v = Type.Object({ list, user, again: user, a: module.Import("A") });
    const { server, $defs } = describing(v);
    const reference = (name: string): unknown => ({ $ref: `#/$defs/${name}` });
    expect(server["m"]).toMatchObject({
      properties: {
        v: {
          properties: {
            list: reference("recursive"),
            user: reference("https___example.org_user"),
            again: reference("https___example.org_user"),
            a: reference("A"),
          },
        },
      },
    });
    expect($defs).toEqual({
      A: { type: "object", properties: { b: reference("B") } },
      B: { type: "object", properties: { a: reference("A") } },
      recursive: { type: "object", properties: { next: reference("recursive") } },
      "https___example.org_user": {
        type: "object",
        properties: { list: reference("recursive") },
        required: ["list"],
      },
    });
  });

  test("gives two types of one name two names", () => {
    const one = Type.Object({ a: Type.Null() }, { $id: "same" });
    const other = Type.Object({ b: Type.Null() }, { $id: "same" });
    const { $defs } = describing(Type.Object({ one, other }));
    expect(Object.keys($defs ?? {})).toEqual(["same", "same-2"]);
  });

  test("is one frozen object of JSON, and later changes of a schema do not reach it", () => {
    const text = Type.String({ examples: [{ a: 1 }] });
    const server = { m: Type.Object({ text }) };
    const protocol = defineProtocol({ name: "test", version: 1, server, client: {} });
    text["maxLength"] = 1;
    const { description } = protocol;
    expect(description).toBe(protocol.description);
    expect(description.fingerprint).toBe(protocol.fingerprint);
    expect(JSON.stringify(description)).not.toContain("maxLength");
    const assertFrozen = (part: unknown): void => {
      if (typeof part !== "object" || part === null) return;
      expect(Object.isFrozen(part)).toBeTrue();
      Object.values(part).forEach(assertFrozen);
    };
    assertFrozen(description);
    expect(JSON.parse(JSON.stringify(description))).toEqual(description);
  });

  test("describes messages of names that objects inherit", () => {
    const client = {
      constructor: Type.Object({ toString: Type.Null() }),
      ["__proto__"]: Type.Object({}),
    };
    const { description } = defineProtocol({ name: "test", version: 1, server: {}, client });
    expect(Object.keys(description.client)).toEqual(["constructor", "__proto__"]);
  });
});
