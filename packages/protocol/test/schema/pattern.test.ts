// Patterns mean what they say in Unicode, and template literals what their types say. Checks of formats
// belong to the program, and a peer must not be able to break anything with them.

import { afterAll, describe, expect, test } from "bun:test";

import { FormatRegistry, type TSchema, Type as TypeBox } from "@sinclair/typebox";

import { defineReferenceProtocol } from "../../src/define-protocol.ts";
import { Type } from "../../src/index.ts";
import { errorOf, expectError, outcomeOf } from "../support/errors.ts";
import { valueCodec } from "../support/value-codec.ts";

type ValueCodec = ReturnType<typeof valueCodec>;

function pathsOf(schema: TSchema): readonly ValueCodec[] {
  const reference = defineReferenceProtocol({
    name: "test",
    version: 1,
    server: { m: Type.Object({ v: schema }) },
    client: {},
  });
  return [valueCodec(schema), reference.server];
}

/** Whether both paths of both ends take a text; fails where they differ. */
function takes(schema: TSchema, value: unknown): boolean {
  const [loose] = pathsOf(Type.Unknown());
  const payload = (loose as ValueCodec).encode({ type: "m", v: value });
  const verdicts = pathsOf(schema).flatMap((codec) => [
    outcomeOf(() => codec.encode({ type: "m", v: value })),
    outcomeOf(() => codec.decode(payload)),
  ]);
  const [first] = verdicts;
  expect(verdicts).toEqual(verdicts.map(() => first ?? ""));
  return first === "accepted";
}

describe("a pattern", () => {
  test.each([
    ["^\\p{L}+$", ["Añil", "Łódź", "李", "𝒳"], ["a1", "", "a b"]],
    ["^.$", ["a", "💚", "ñ"], ["", "ab", "\n"]],
    ["^[^a]$", ["💚"], ["a"]],
    ["^\\u{1F49A}$", ["💚"], ["u{1F49A}"]],
    ["^[💚💛]$", ["💚", "💛"], ["\ud83d"]],
    ["^\\P{Lu}*$", ["ñ", ""], ["Ñ"]],
    ["a", ["bab"], ["b"]],
  ])("is meant in Unicode: %s", (pattern, good, bad) => {
    for (const value of good) expect(takes(Type.String({ pattern }), value)).toBe(true);
    for (const value of bad.filter((each) => each.isWellFormed())) {
      expect(takes(Type.String({ pattern }), value)).toBe(false);
    }
  });

  test("is worded as it is written", () => {
    const [codec] = pathsOf(Type.String({ pattern: "^\\p{L}+$" }));
    const error = errorOf(() => (codec as ValueCodec).encode({ type: "m", v: "1" }));
    expect(error.message).toBe(
      "schema-mismatch at /v: expected text to match '^\\p{L}+$', got text of length 1",
    );
  });

  test("of a RegExp keeps its flags", () => {
    expect(takes(Type.RegExp(/^a$/i), "A")).toBe(true);
    expect(takes(Type.RegExp(/^.$/), "💚")).toBe(false);
    expect(takes(Type.RegExp(/^.$/u), "💚")).toBe(true);
  });
});

const NUMBERS = ["0", "0.5", "-1", "-0.5", "12", "1e21", "1e+21", "1e-7", "1.5e300"];
const NO_NUMBERS = ["", "x", "01", ".5", "1.", "NaN", "Infinity", "0x10", "--1", " 1", "1e"];

describe("a template literal", () => {
  test.each([
    ["of a number", Type.TemplateLiteral("${number}")],
    ["of a number, made without our Type", TypeBox.TemplateLiteral("${number}")],
  ])("%s takes what JSON can write", (_, schema) => {
    for (const value of NUMBERS) expect([value, takes(schema, value)]).toEqual([value, true]);
    for (const value of NO_NUMBERS) expect([value, takes(schema, value)]).toEqual([value, false]);
  });

  test.each<readonly [name: string, schema: TSchema, good: string[], bad: string[]]>([
    ["text", Type.TemplateLiteral("a${string}"), ["a", "ab", "a\nb", "a💚"], ["b", ""]],
    [
      "bigint",
      Type.TemplateLiteral("${bigint}"),
      ["0", "-5", "123456789012345678901"],
      ["0.5", "1e3", "-0"],
    ],
    [
      "integer",
      Type.TemplateLiteral([Type.Integer()]),
      ["0", "-5", "1e+21", "1.5e+21"],
      ["0.5", "1e-7", "x"],
    ],
    ["boolean", Type.TemplateLiteral("is-${boolean}"), ["is-true", "is-false"], ["is-", "is-1"]],
    ["choices", Type.TemplateLiteral("${1|2}px"), ["1px", "2px"], ["3px", "12px"]],
    [
      "upper case, number and text left alone",
      Type.Uppercase(Type.TemplateLiteral("a${number}b.${string}")),
      ["A0.5B.x", "A-1B.X"],
      ["a1b.x", "AXB.x", "A1Bxx"],
    ],
    ["lower case", Type.Lowercase(Type.TemplateLiteral("ID-${bigint}")), ["id--5"], ["ID-5"]],
    ["capitals", Type.Capitalize(Type.TemplateLiteral("get${string}")), ["Getx"], ["getx"]],
    ["no capitals", Type.Uncapitalize(Type.TemplateLiteral("Get${string}")), ["getX"], ["GetX"]],
    [
      "upper case of one of several, one inside another",
      Type.Uppercase(
        Type.Union([
          Type.Literal("ok"),
          Type.TemplateLiteral([Type.TemplateLiteral("x${string}"), Type.Literal("y")]),
        ]),
      ),
      ["OK", "Xq Y"],
      ["ok", "xqy", "Xqy"],
    ],
    ["upper case of choices", Type.Uppercase(Type.TemplateLiteral("a${b|c}")), ["AB"], ["ab"]],
    ["special characters", Type.TemplateLiteral("a.b/c"), ["a.b/c"], ["axb/c"]],
    [
      "several parts",
      Type.TemplateLiteral([
        Type.Literal("v"),
        Type.Number(),
        Type.Union([Type.Literal("-"), Type.Literal("+")]),
        Type.BigInt(),
      ]),
      ["v0.5-1", "v-1+-2"],
      ["v0.5-0.5", "v1"],
    ],
    [
      "one of its own kind",
      Type.TemplateLiteral([Type.TemplateLiteral("${bigint}"), Type.Literal("n")]),
      ["5n", "-5n"],
      ["0.5n", "5"],
    ],
    [
      "a text that looks like a pattern",
      Type.TemplateLiteral([Type.Literal("(0|[1-9][0-9]*)(.*)")]),
      ["(0|[1-9][0-9]*)(.*)"],
      ["0", "1x"],
    ],
  ])("takes what its type says: %s", (_, schema, good, bad) => {
    for (const value of good) expect([value, takes(schema, value)]).toEqual([value, true]);
    for (const value of bad) expect([value, takes(schema, value)]).toEqual([value, false]);
  });
});

describe("the check of a format", () => {
  const throws = "typewire-throws";
  FormatRegistry.Set(throws, (value) => {
    if (value === "good") return true;
    throw new TypeError(`cannot judge ${value}`);
  });
  afterAll(() => FormatRegistry.Delete(throws));
  const format = Type.String({ format: throws });

  test.each<readonly [name: string, schema: TSchema, value: unknown, path: string]>([
    ["a property", format, "bad", "/v"],
    ["an item", Type.Array(format), ["good", "bad"], "/v/1"],
    ["an entry", Type.Record(Type.String(), format), { a: "bad" }, "/v/a"],
    ["a member of a union", Type.Union([format, Type.Null()]), "bad", "/v"],
    ["one of two texts", Type.Union([format, Type.String({ maxLength: 1 })]), "bad", "/v"],
    ["what an array contains", Type.Array(Type.String(), { contains: format }), ["bad"], "/v"],
    ["a member of an object", Type.Object({ a: format }), { a: "bad" }, "/v/a"],
  ])("that throws has refused the message, with a path: %s", (_, schema, value, path) => {
    const [loose] = pathsOf(Type.Unknown());
    const payload = (loose as ValueCodec).encode({ type: "m", v: value });
    for (const codec of pathsOf(schema)) {
      expectError(() => codec.decode(payload), "schema-mismatch", { path });
      expectError(() => codec.encode({ type: "m", v: value }), "schema-mismatch", { path });
    }
  });

  test("that throws hides no member of a union that takes the text", () => {
    expect(takes(Type.Union([format, Type.String({ maxLength: 3 })]), "bad")).toBe(true);
    expect(takes(format, "good")).toBe(true);
  });

  test("is not quoted, and its error goes nowhere", () => {
    const [codec] = pathsOf(format);
    const error = errorOf(() => (codec as ValueCodec).encode({ type: "m", v: "bad" }));
    expect(error.message).toBe(
      `schema-mismatch at /v: expected text to match '${throws}' format, got text of length 3`,
    );
  });
});
