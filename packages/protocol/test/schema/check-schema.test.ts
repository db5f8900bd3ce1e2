import { describe, expect, test } from "bun:test";

import { Kind, OptionalKind, type TSchema, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";

import { givenName, INTEGER_KEYS, toCheckSchema } from "../../src/schema/check-schema.ts";
import { hexOfValue, roundTrip, valueCodec } from "../support/value-codec.ts";

describe("toCheckSchema", () => {
  test("is a copy: kinds and modifiers kept, and later changes to the given schema without effect", () => {
    const given = Type.Object({ a: Type.Optional(Type.Array(Type.Date({ minimumTimestamp: 5 }))) });
    const copy = toCheckSchema(given);
    expect(copy).toEqual(given);
    expect(copy[Kind]).toBe("Object");
    expect(copy["properties"].a[OptionalKind]).toBe("Optional");
    Object.assign(given.properties.a, { minItems: 9 });
    expect(copy["properties"].a.minItems).toBeUndefined();
  });

  test("widens the patterns of text and integer keys, and no other", () => {
    const patternsOf = (schema: TSchema): string[] =>
      Object.keys(toCheckSchema(schema)["patternProperties"]);
    expect(patternsOf(Type.Record(Type.String(), Type.Null()))).toEqual(["^[\\s\\S]*$"]);
    expect(patternsOf(Type.Record(Type.Integer(), Type.Null()))).toEqual([INTEGER_KEYS]);
    expect(patternsOf(Type.Record(Type.RegExp(/^.*$/), Type.Null()))).toEqual(["^.*$"]);
  });

  test("lets records judge keys that TypeBox's patterns leave out", () => {
    const text = Type.Record(Type.String(), Type.Integer());
    const numbered = Type.Record(Type.Integer(), Type.Integer());
    // What TypeBox would let through unseen:
    expect(Value.Check(text, { "a\nb": "no integer" })).toBe(true);
    expect(Value.Check(numbered, { "-1": "no integer" })).toBe(true);
    expect(Value.Check(toCheckSchema(text), { "a\nb": "no integer" })).toBe(false);
    expect(Value.Check(toCheckSchema(numbered), { "-1": "no integer" })).toBe(false);
    expect(roundTrip(text, { "a\nb": 1, "\r": 2, "\u2028": 3 })).toStrictEqual({
      "a\nb": 1,
      "\r": 2,
      "\u2028": 3,
    });
    expect(hexOfValue(numbered, { "-1": 1 })).toBe("a12001");
  });

  test("takes a property for a property, whatever it is called", () => {
    const names = [
      "patternProperties",
      "$id",
      "$ref",
      "$defs",
      "properties",
      "const",
      "anyOf",
      "type",
      "required",
    ];
    const schema = Type.Object(
      Object.fromEntries(names.map((name) => [name, Type.Record(Type.Integer(), Type.String())])),
    );
    const value = Object.fromEntries(names.map((name) => [name, { 1: name }]));
    expect(roundTrip(schema, value)).toStrictEqual(value);
  });

  test("keeps types of the same name apart, where TypeBox would check both by the first", () => {
    const texts = Type.Module({
      Item: Type.Object({ text: Type.String(), next: Type.Optional(Type.Ref("Item")) }),
    });
    const dates = Type.Module({
      Item: Type.Object({ at: Type.Date(), next: Type.Optional(Type.Ref("Item")) }),
    });
    const schema = Type.Object({ texts: texts.Import("Item"), dates: dates.Import("Item") });
    const value = {
      texts: { text: "a", next: { text: "b" } },
      dates: { at: new Date(1), next: { at: new Date(2) } },
    };
    expect(roundTrip(schema, value)).toStrictEqual(value);
    expect(() =>
      hexOfValue(schema, { ...value, dates: { at: new Date(1), next: { text: "b" } } }),
    ).toThrow("schema-mismatch at /v/dates/next/at: expected a required property, got nothing");
  });
});

describe("toCheckSchema, of modules in modules,", () => {
  test("keeps the names of each to itself", () => {
    const inner = Type.Module({ Box: Type.Object({ item: Type.Ref("Item") }), Item: Type.Date() });
    const outer = Type.Module({
      Box: Type.Object({ item: Type.Ref("Item"), boxes: Type.Array(Type.Ref("Box")) }),
      Item: inner.Import("Box"),
    });
    const value = {
      item: { item: new Date(5) },
      boxes: [{ item: { item: new Date(6) }, boxes: [] }],
    };
    expect(roundTrip(outer.Import("Box"), value)).toStrictEqual(value);
    expect(roundTrip(Type.Array(outer.Import("Box")), [value])).toStrictEqual([value]);
  });
});

describe("givenName", () => {
  test("is the name before toCheckSchema", () => {
    const copy = toCheckSchema(Type.Object({}, { $id: "Node:7" }));
    expect(copy.$id).not.toBe("Node:7");
    expect(givenName(copy.$id ?? "")).toBe("Node:7");
  });
});

describe("a protocol", () => {
  test("is not changed by what happens to its schemas later", () => {
    const inner = Type.Object({ a: Type.String() });
    const codec = valueCodec(inner);
    Object.assign(inner.properties, { a: Type.Integer(), b: Type.Null() });
    expect(codec.decode(codec.encode({ type: "m", v: { a: "x" } })).v).toEqual({ a: "x" });
  });
});
