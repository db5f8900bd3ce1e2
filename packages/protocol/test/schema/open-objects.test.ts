// Properties that a schema admits without naming them are kept, by both ends and on both paths; those that
// it does not admit are refused, and those that it says nothing of are left out.

import { describe, expect, test } from "bun:test";

import { type TSchema, Type } from "@sinclair/typebox";

import { Type as Ours } from "../../src/index.ts";
import { defineReferenceProtocol } from "../../src/define-protocol.ts";
import { integer, map, text } from "../support/cbor.ts";
import { expectError } from "../support/errors.ts";
import { payloadWith, valueCodec } from "../support/value-codec.ts";

function pathsOf(schema: TSchema): readonly ReturnType<typeof valueCodec>[] {
  const reference = defineReferenceProtocol({
    name: "test",
    version: 1,
    server: { m: Type.Object({ v: schema }) },
    client: {},
  });
  return [valueCodec(schema), reference.server];
}

const open = { additionalProperties: true };

describe("what a schema admits without naming it", () => {
  test.each<readonly [name: string, schema: TSchema, value: unknown]>([
    ["anything", Type.Object({}, open), { a: [1], b: { c: null }, d: "x" }],
    ["anything beside a name", Type.Object({ n: Type.Date() }, open), { n: new Date(1), a: [1] }],
    [
      "anything beside an optional name",
      Type.Object({ n: Type.Optional(Type.Date()) }, open),
      { a: Uint8Array.of(1, 2), toString: "x", type: "y", $id: 1 },
    ],
    ["dates", Type.Object({}, { additionalProperties: Type.Date() }), { a: new Date(1) }],
    [
      "objects that are open themselves",
      Type.Object({}, { additionalProperties: Type.Object({ n: Type.BigInt() }, open) }),
      { a: { n: 5n, b: 1.5 } },
    ],
    [
      "keys outside a pattern",
      Type.Record(Type.RegExp(/^set/), Type.Date(), open),
      {
        set1: new Date(1),
        get: ["a"],
      },
    ],
    ["anything in a list", Type.Array(Type.Object({}, open)), [{ a: 1 }, {}]],
    [
      "anything in one member of a union",
      Type.Union([
        Type.Object({ k: Type.Literal("a") }),
        Type.Object({ k: Type.Literal("b") }, open),
      ]),
      { k: "b", more: { x: [] } },
    ],
    [
      "anything of an intersection",
      Type.Intersect([Type.Object({ a: Type.Date() }), Type.Object({}, open)]),
      { a: new Date(1), b: { c: 1 } },
    ],
    [
      "anything unevaluated",
      Type.Intersect([Type.Object({ a: Type.Date() }), Type.Object({})], {
        unevaluatedProperties: true,
      }),
      { a: new Date(1), b: { c: 1 } },
    ],
  ])("is kept: %s", (_, schema, value) => {
    for (const sender of pathsOf(schema)) {
      const payload = sender.encode({ type: "m", v: value });
      for (const receiver of pathsOf(schema)) {
        expect(receiver.decode(payload)).toStrictEqual({ type: "m", v: value });
      }
    }
  });

  test("has text for keys, and nothing without a wire form for values", () => {
    for (const codec of pathsOf(Type.Object({}, open))) {
      const numbered = payloadWith(map(integer(1), text("x")));
      expectError(() => codec.decode(numbered), "schema-mismatch", { path: "/v/1" });
      for (const value of [() => 1, Symbol("x"), new Map()]) {
        expectError(() => codec.encode({ type: "m", v: { a: value } }), "schema-mismatch", {
          path: "/v/a",
        });
      }
    }
  });

  test("is judged where it has a schema", () => {
    const schema = Type.Object({}, { additionalProperties: Type.Integer() });
    for (const codec of pathsOf(schema)) {
      expectError(() => codec.encode({ type: "m", v: { a: "x" } }), "schema-mismatch", {
        path: "/v/a",
      });
      const payload = payloadWith(map(text("a"), text("x")));
      expectError(() => codec.decode(payload), "schema-mismatch", { path: "/v/a" });
    }
  });
});

describe("a key outside the pattern of a record", () => {
  test.each([
    ["a pattern", Type.Record(Type.String({ pattern: "^set" }), Type.String()), "get"],
    ["a RegExp", Type.Record(Type.RegExp(/^set/), Type.String()), "get"],
    ["letters", Type.Record(Type.String({ pattern: "^\\p{Lu}+$" }), Type.String()), "ñ"],
    ["a template", Type.Record(Type.TemplateLiteral("set${string}"), Type.String()), "get"],
    ["our template", Ours.Record(Ours.TemplateLiteral("n${bigint}"), Ours.String()), "n0.5"],
    ["integers", Type.Record(Type.Integer(), Type.String()), "get"],
  ])("is refused on sending and on receiving: %s", (_, schema, key) => {
    for (const codec of pathsOf(schema)) {
      expectError(() => codec.encode({ type: "m", v: { [key]: "a" } }), "schema-mismatch", {
        path: `/v/${key}`,
      });
      const payload = payloadWith(map(text(key), text("a")));
      expectError(() => codec.decode(payload), "schema-mismatch", { path: `/v/${key}` });
    }
  });

  test("is inside it where the pattern is meant in Unicode, or made of a template", () => {
    for (const [schema, key] of [
      [Type.Record(Type.String({ pattern: "^\\p{Lu}+$" }), Type.String()), "ÑÁ"],
      [Ours.Record(Ours.TemplateLiteral("n${number}"), Ours.String()), "n-0.5"],
      [Ours.Record(Ours.TemplateLiteral("k${string}"), Ours.String()), "k\nx"],
    ] as const) {
      for (const codec of pathsOf(schema)) {
        const message = { type: "m", v: { [key]: "a" } } as const;
        expect(codec.decode(codec.encode(message))).toEqual(message);
      }
    }
  });
});
