import { describe, expect, test } from "bun:test";
import { printable } from "../src/index.ts";

describe("printable", () => {
  test.each([
    ["clear screen", "\u001b[2Jhola", "\\u001b[2Jhola"],
    ["C1 control sequence introducer", "\u009b31m", "\\u009b31m"],
    ["newlines, returns and tabs", "a\r\nb\tc", "a\\r\\nb\\tc"],
    ["bell, backspace, delete", "\u0007\b\u007f", "\\u0007\\u0008\\u007f"],
    ["right-to-left override", "a\u202eb", "a\\u202eb"],
    ["isolates and marks", "\u2066\u200f\u061c", "\\u2066\\u200f\\u061c"],
    ["line separator", "a\u2028b", "a\\u2028b"],
    ["a lone surrogate", "a\ud800b", "a\\ud800b"],
  ])("escapes %s", (_what, text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  test("leaves letters of every script, emoji and quotes as they are", () => {
    const text = "¡Añ! 你好 العربية 👩‍🚀 \"'\\";
    expect(printable(text)).toBe(text);
  });

  test("leaves the value of JSON text unchanged", () => {
    const value = { text: "\u001b]0;x\u0007\u009b\u202e\ud800é" };
    const safe = printable(JSON.stringify(value));
    expect(JSON.parse(safe)).toEqual(value);
    expect(safe).not.toMatch(/[\u009b\u202e]/);
  });
});
