import { describe, expect, test } from "bun:test";

import { FormatRegistry, type TSchema, Type } from "@sinclair/typebox";

import { fromHex, toHex } from "../support/bytes.ts";
import { appendixAVectors } from "../support/fixtures.ts";
import { outcomeOf } from "../support/errors.ts";
import { judge } from "../support/profile-oracle.ts";
import { hexOfValue, readValue, roundTrip, valueCodec } from "../support/value-codec.ts";

const { Array: List, BigInt: Big, Date: Time, Object: Obj, Optional, String: Text } = Type;

FormatRegistry.Set("typewire-round-trip-test", (value) => value.includes("@"));

describe("every kind of schema", () => {
  test.each([
    ["Null", Type.Null(), null, "f6"],
    ["Undefined", Type.Undefined(), undefined, "f7"],
    ["Void", Type.Void(), undefined, "f7"],
    ["Boolean", Type.Boolean(), true, "f5"],
    ["Boolean", Type.Boolean(), false, "f4"],
    ["Integer", Type.Integer(), -500, "3901f3"],
    ["Integer −0", Type.Integer(), -0, "f98000"],
    ["Integer 2^53 − 1", Type.Integer(), 2 ** 53 - 1, "1b001fffffffffffff"],
    ["Integer 1 − 2^53", Type.Integer(), 1 - 2 ** 53, "3b001ffffffffffffe"],
    ["Integer 2^53", Type.Integer(), 2 ** 53, "fa5a000000"],
    ["Number", Type.Number(), 1.5, "f93e00"],
    ["Number −0", Type.Number(), -0, "f98000"],
    ["Number 0.1", Type.Number(), 0.1, "fb3fb999999999999a"],
    ["Number 5e-324", Type.Number(), 5e-324, "fb0000000000000001"],
    ["BigInt", Big(), 5n, "05"],
    ["BigInt −1", Big(), -1n, "20"],
    ["BigInt 2^53", Big(), 2n ** 53n, "1b0020000000000000"],
    ["BigInt 2^64 − 1", Big(), 2n ** 64n - 1n, "1bffffffffffffffff"],
    ["BigInt −2^63", Big(), -(2n ** 63n), "3b7fffffffffffffff"],
    ["String", Text(), "hola", "64686f6c61"],
    ["String, empty", Text(), "", "60"],
    ["String, non-ASCII", Text(), "añ水𐅑\0", "6b61c3b1e6b0b4f090859100"],
    ["String with a format", Text({ format: "typewire-round-trip-test" }), "a@b", "63614062"],
    ["TemplateLiteral", Type.TemplateLiteral("v${1|2}"), "v2", "627632"],
    ["RegExp", Type.RegExp(/^a+$/u), "aaa", "63616161"],
    ["Literal", Type.Literal("x"), "x", "6178"],
    ["Enum", Type.Enum({ A: 0, B: "b" }), "b", "6162"],
    ["Uint8Array", Type.Uint8Array(), fromHex("00ff"), "4200ff"],
    ["Uint8Array, empty", Type.Uint8Array(), new Uint8Array(0), "40"],
    ["Date", Time(), new Date(1_763_865_600_000), "1b0000019aae952000"],
    ["Date before 1970", Time(), new Date(-1), "20"],
    ["Date, the last", Time(), new Date(8.64e15), "1b001eb208c2dc0000"],
    ["Date, the first", Time(), new Date(-8.64e15), "3b001eb208c2dbffff"],
    ["Array", List(Type.Integer()), [1, 2, 3], "83010203"],
    ["Array, empty", List(Time()), [], "80"],
    ["Array of undefined", List(Type.Undefined()), [undefined], "81f7"],
    ["Tuple", Type.Tuple([Text(), Time()]), ["a", new Date(0)], "82616100"],
    ["Object", Obj({ b: Text(), a: Type.Null() }), { a: null, b: "" }, "a26162606161f6"],
    ["Object, empty", Obj({}), {}, "a0"],
    ["Object with an optional", Obj({ a: Optional(Type.Null()) }), { a: null }, "a16161f6"],
    ["Object without it", Obj({ a: Optional(Type.Null()) }), {}, "a0"],
    ["Object with undefined", Obj({ a: Type.Undefined() }), { a: undefined }, "a16161f7"],
    [
      "Object with a rest",
      Obj({}, { additionalProperties: Time() }),
      { x: new Date(1) },
      "a1617801",
    ],
    ["Record", Type.Record(Text(), Time()), { a: new Date(1), "": new Date(2) }, "a26161016002"],
    [
      "Record of integers",
      Type.Record(Type.Integer(), Text()),
      { 1: "a", [-2]: "b" },
      "a2016161216162",
    ],
    ["Record of numbers", Type.Record(Type.Number(), Text()), { 0: "a" }, "a1006161"],
    ["Record of bytes", Type.Record(Text(), Type.Uint8Array()), { a: fromHex("01") }, "a161614101"],
    [
      "Record with undefined",
      Type.Record(Text(), Type.Union([Type.Null(), Type.Undefined()])),
      { a: undefined, b: null },
      "a26161f76162f6",
    ],
    ["Union", Type.Union([Text(), Time(), Type.Null()]), new Date(3), "03"],
    [
      "Union of bytes and objects",
      Type.Union([Type.Uint8Array(), Obj({ a: Big() })]),
      { a: 5n },
      "a1616105",
    ],
    ["Union with undefined", Type.Union([Type.Undefined(), Big()]), undefined, "f7"],
    ["Union with BigInt", Type.Union([Type.Undefined(), Big()]), 7n, "07"],
    [
      "Union of a tuple and an array",
      Type.Union([Type.Tuple([Time()]), List(Text())]),
      [new Date(2)],
      "8102",
    ],
    [
      "Unknown",
      Type.Unknown(),
      { a: [1.5, "x", null, true, fromHex("01")], b: {} },
      "a2616185f93e006178f6f541016162a0",
    ],
    ["Any", Type.Any(), -0, "f98000"],
    ["Unknown NaN", Type.Unknown(), Number.NaN, "f97e00"],
    ["Unknown −Infinity", Type.Unknown(), -Infinity, "f9fc00"],
    ["Unknown beyond 2^53", Type.Unknown(), 2n ** 53n, "1b0020000000000000"],
    ["Unknown float 2^53", Type.Unknown(), 2 ** 53, "fa5a000000"],
    ["Not", Type.Not(Text()), [1], "8101"],
  ] satisfies [string, TSchema, unknown, string][])("%s travels", (_, schema, value, hex) => {
    expect(hexOfValue(schema, value)).toBe(hex);
    const decoded = roundTrip(schema, value);
    expect(decoded).toStrictEqual(value);
    expect(Object.is(decoded, -0)).toBe(Object.is(value, -0));
  });

  test("what has hostile names travels, as own properties", () => {
    const names = [
      "constructor",
      "prototype",
      "toString",
      "valueOf",
      "hasOwnProperty",
      "toJSON",
      "then",
      "__proto",
      "length",
      "",
      "a/b~c",
      "'",
      '"',
      "`${x}`",
      "\\",
      "\n",
      "\u2028",
      "🎉",
    ];
    const value = Object.fromEntries(names.map((name) => [name, name]));
    const properties = Object.fromEntries(names.map((name) => [name, Text()]));
    for (const schema of [
      Obj(properties),
      Type.Record(Text(), Text()),
      Type.Unknown(),
      Obj(properties, { additionalProperties: false }),
    ]) {
      const decoded = roundTrip(schema, value) as Record<string, unknown>;
      expect(decoded).toStrictEqual(value);
      expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
    }
  });

  test("an object with a property named then is not awaited", async () => {
    const codec = valueCodec(Type.Record(Text(), Text()));
    const message = codec.decode(codec.encode({ type: "m", v: { then: "x" } }));
    expect(await message).toBe(message);
  });
});

describe("the values of RFC 8949 appendix A", () => {
  /** Whole numbers that the table writes as floats; we write them as integers. */
  const INTEGRAL_FLOATS: Readonly<Record<string, string>> = {
    f90000: "00",
    f93c00: "01",
    f97bff: "19ffe0",
    fa47c35000: "1a000186a0",
    f9c400: "23",
  };
  /** Floats that the table shows in a longer form than they need. */
  const LONGER_FLOATS: Readonly<Record<string, string>> = {
    fa7f800000: "f97c00",
    fa7fc00000: "f97e00",
    faff800000: "f9fc00",
    fb7ff0000000000000: "f97c00",
    fb7ff8000000000000: "f97e00",
    fbfff0000000000000: "f9fc00",
  };
  /** What a value without a schema cannot be: an integer of more than 64 bits, a map with integer keys. */
  const NOT_UNKNOWN = ["3bffffffffffffffff", "a201020304"];

  test.each(
    appendixAVectors
      .filter(({ hex }) => judge(fromHex(hex)).verdict === "accepted")
      .map(({ hex, diagnostic }) => [hex, diagnostic]),
  )("%s, which is %s, is read and written back", (hex) => {
    const item = fromHex(hex);
    if (NOT_UNKNOWN.includes(hex)) {
      expect(outcomeOf(() => readValue(Type.Unknown(), item))).toBe("schema-mismatch");
      return;
    }
    const value = readValue(Type.Unknown(), item);
    expect(hexOfValue(Type.Unknown(), value)).toBe(
      INTEGRAL_FLOATS[hex] ?? LONGER_FLOATS[hex] ?? hex,
    );
    expect(value).toStrictEqual(plain(judge(item).value));
  });

  /** Maps as objects. */
  function plain(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(plain);
    if (!(value instanceof Map)) return value;
    return Object.fromEntries([...value].map(([key, part]) => [String(key), plain(part)]));
  }
});

describe("the tutorial's greeting", () => {
  test("arrives with integer keys", () => {
    const words = { 1: "Hola", 2: "Bienvenido", 3: "Al", 4: "Servidor" };
    const schema = Type.Record(Type.Integer(), Text());
    expect(hexOfValue(schema, words)).toBe(
      "a40164486f6c61026a4269656e76656e69646f0362416c04685365727669646f72",
    );
    expect(toHex(valueCodec(schema).encode({ type: "m", v: words }))).toStartWith(
      "a26474797065616d",
    );
  });
});
