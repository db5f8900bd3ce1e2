import { describe, expect, test } from "bun:test";
import { readable, toJsonText } from "../src/index.ts";

const at = new Date("2026-01-31T12:00:00Z");
const bytes = new Uint8Array([0, 255]);

describe("readable", () => {
  test.each([
    ["records with integer keys", { 1: "Hola", 2: "Bienvenido" }, '{1: "Hola", 2: "Bienvenido"}'],
    ["text, escaped", { text: "a\u001b\n" }, '{text: "a\\u001b\\n"}'],
    ["dates and bytes", { at, bytes }, "{at: 2026-01-31T12:00:00.000Z, bytes: h'00ff'}"],
    ["numbers", [1, -0, 2n, 1.5], "[1, -0, 2, 1.5]"],
    ["simple values", [true, null, undefined], "[true, null, undefined]"],
    ["keys that need quotes", { "two words": 1, "\u009b": 2 }, '{"two words": 1, "\\u009b": 2}'],
    ["a date that is none", new Date(Number.NaN), "null"],
    ["a text alone", "hola", '"hola"'],
  ])("shows %s on one line", (_what, value, expected) => {
    expect(readable(value)).toBe(expected);
  });
});

describe("toJsonText", () => {
  test("writes dates as ISO 8601, bytes as base64 and big integers as decimal strings", () => {
    expect(toJsonText({ at, bytes, big: 2n ** 63n, nan: Number.NaN })).toBe(
      '{"at":"2026-01-31T12:00:00.000Z","bytes":"AP8=","big":"9223372036854775808","nan":null}',
    );
  });

  test("leaves nothing that a terminal obeys in the line", () => {
    expect(toJsonText({ text: "\u009b\u202e\n" })).toBe('{"text":"\\u009b\\u202e\\n"}');
  });
});
