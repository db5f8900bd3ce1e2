import { describe, expect, test } from "bun:test";

import { Type } from "@sinclair/typebox";

import { array, integer, map, NULL, text } from "../support/cbor.ts";
import { expectError, outcomeOf } from "../support/errors.ts";
import { hexOfValue, readValue, roundTrip, valueCodec } from "../support/value-codec.ts";

const byNumber = Type.Record(Type.Integer(), Type.Null());
const byText = Type.Record(Type.String(), Type.Null());

describe("a record with integer keys", () => {
  test("travels with CBOR integers, from −(2^53 − 1) to 2^53 − 1", () => {
    const keys = [0, 1, 23, 24, 65_536, 2 ** 53 - 1, -1, -25, 1 - 2 ** 53];
    const value = Object.fromEntries(keys.map((key) => [String(key), null]));
    expect(roundTrip(byNumber, value)).toStrictEqual(value);
    expect(hexOfValue(byNumber, { 1: null, "-1": null })).toBe("a201f620f6");
  });

  test("reads keys of every width", () => {
    const item = map(
      integer(1, 1),
      NULL,
      integer(2, 2),
      NULL,
      integer(3, 4),
      NULL,
      integer(4, 8),
      NULL,
      integer(-5, 8),
      NULL,
    );
    expect(readValue(byNumber, item)).toStrictEqual({
      1: null,
      2: null,
      3: null,
      4: null,
      "-5": null,
    });
  });

  test.each([
    [
      "a text key that is a number",
      map(text("1"), NULL),
      "/v/1",
      "expected an integer key, got a text key",
    ],
    ["a text key", map(text("x"), NULL), "/v/x", "expected an integer key, got a text key"],
    [
      "a text key beside integers",
      map(integer(1), NULL, text("1"), NULL),
      "/v/1",
      "expected an integer key, got a text key",
    ],
    [
      "2^53",
      map(integer(2n ** 53n), NULL),
      "/v/9007199254740992",
      "expected a key within ±(2^53 − 1), got a larger one",
    ],
    [
      "−2^53",
      map(integer(-(2n ** 53n)), NULL),
      "/v/-9007199254740992",
      "expected a key within ±(2^53 − 1), got a larger one",
    ],
    [
      "−2^64",
      map(integer(-(2n ** 64n)), NULL),
      "/v/-18446744073709551616",
      "expected a key within ±(2^53 − 1), got a larger one",
    ],
  ])("refuses %s", (_, item, path, reason) => {
    expectError(() => readValue(byNumber, item), "schema-mismatch", {
      path,
      message: `schema-mismatch at ${path}: ${reason}`,
    });
  });

  test.each(["1.5", "x", "01", "-0", "1e21", "", "+1", " 1"])(
    "refuses to send the key %p rather than lose it",
    (key) => {
      expectError(() => hexOfValue(byNumber, { [key]: null }), "schema-mismatch", {
        message: `schema-mismatch at /v/${key}: expected an integer key, got another one`,
      });
    },
  );

  test("refuses to send a key that no number holds", () => {
    expectError(() => hexOfValue(byNumber, { "9007199254740992": null }), "schema-mismatch", {
      message:
        "schema-mismatch at /v/9007199254740992: expected a key within ±(2^53 − 1), got a larger one",
    });
  });

  test("is a member of a union by its keys", () => {
    const schema = Type.Union([
      Type.Record(Type.Integer(), Type.Date()),
      Type.Record(Type.String(), Type.Date()),
    ]);
    expect(readValue(schema, map(integer(1), integer(5)))).toStrictEqual({ 1: new Date(5) });
    expect(readValue(schema, map(text("1"), integer(5)))).toStrictEqual({ 1: new Date(5) });
    expect(readValue(schema, map(text("x"), integer(5)))).toStrictEqual({ x: new Date(5) });
    expect(hexOfValue(schema, { 1: new Date(5) })).toBe("a10105");
    expect(hexOfValue(schema, { x: new Date(5) })).toBe("a1617805");
    expect(hexOfValue(schema, { 1: new Date(5), x: new Date(6) })).toBe("a26131056178" + "06");
    expect(
      outcomeOf(() => readValue(schema, map(integer(1), integer(5), text("x"), integer(6)))),
    ).toBe("schema-mismatch");
  });
});

describe("every other map", () => {
  test.each([
    ["a record with text keys", byText],
    ["an object", Type.Object({})],
    ["an object that has a property of that name", Type.Object({ 1: Type.Optional(Type.Null()) })],
    ["Unknown", Type.Unknown()],
  ])("refuses an integer key: %s", (_, schema) => {
    expectError(() => readValue(schema, map(integer(1), NULL)), "schema-mismatch", {
      path: "/v/1",
      message: "schema-mismatch at /v/1: expected a text key, got an integer key",
    });
  });

  test("refuses an integer key of the message itself", () => {
    const payload = map(text("type"), text("m"), integer(1), NULL, text("v"), NULL);
    expectError(() => valueCodec(Type.Null()).decode(payload), "schema-mismatch", { path: "/1" });
  });

  test("accepts keys that look like numbers, and keeps their order as JavaScript does", () => {
    const value = { b: null, "01": null, "1": null, "-1": null };
    expect(roundTrip(byText, value)).toStrictEqual(value);
    expect(hexOfValue(Type.Record(Type.String(), Type.Null()), { "1": null })).toBe("a16131f6");
  });

  test("accepts keys with line breaks, empty ones and long ones", () => {
    const value = {
      "": null,
      "a\nb": null,
      "\r\n": null,
      "\u2028": null,
      ["x".repeat(10_000)]: null,
    };
    expect(roundTrip(byText, value)).toStrictEqual(value);
    expect(roundTrip(Type.Unknown(), value)).toStrictEqual(value);
  });

  test("refuses keys that a pattern does not cover, in both directions", () => {
    const open = Type.Record(Type.RegExp(/^x-/), Type.Date());
    const closed = Type.Record(Type.RegExp(/^x-/), Type.Date(), { additionalProperties: false });
    expect(readValue(open, map(text("x-a"), integer(5)))).toStrictEqual({ "x-a": new Date(5) });
    const expected = {
      message: "schema-mismatch at /v/y: expected a key that matches '^x-', got another one",
    };
    for (const schema of [open, closed]) {
      const item = map(text("x-a"), integer(5), text("y"), array());
      expectError(() => readValue(schema, item), "schema-mismatch", expected);
      const value = { "x-a": new Date(5), y: null };
      expectError(() => hexOfValue(schema, value), "schema-mismatch", expected);
    }
  });

  test("keeps keys that a pattern does not cover where a schema is given for them", () => {
    const schema = Type.Record(Type.RegExp(/^x-/), Type.Date(), {
      additionalProperties: Type.String(),
    });
    expect(roundTrip(schema, { "x-a": new Date(5), y: "z" })).toStrictEqual({
      "x-a": new Date(5),
      y: "z",
    });
  });
});
