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
    ["a zero width space", "pay\u200bpal", "pay\\u200bpal"],
    ["joiners between letters that do not join", "a\u200db\u200cc", "a\\u200db\\u200cc"],
    ["joiners in a row", "\u0645\u200c\u200c\u0645", "\u0645\\u200c\\u200c\u0645"],
    ["a soft hyphen", "a\u00adb", "a\\u00adb"],
    ["a word joiner and invisible operators", "a\u2060\u2063b", "a\\u2060\\u2063b"],
    ["interlinear annotation", "\ufff9a\ufffab\ufffb", "\\ufff9a\\ufffab\\ufffb"],
    ["tags", "a\u{e0001}\u{e0041}", "a\\udb40\\udc01\\udb40\\udc41"],
    ["variation selectors after letters", "a\ufe0f\u{e0100}", "a\\ufe0f\\udb40\\udd00"],
    ["Hangul fillers", "a\u3164\u115f", "a\\u3164\\u115f"],
    ["a byte order mark", "\ufeffa", "\\ufeffa"],
  ])("escapes %s", (_what, text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  test("leaves letters of every script, emoji and quotes as they are", () => {
    const text = "¡Añ! 你好 العربية 👩‍🚀 ❤️ 👩🏽‍🚀 1️⃣ می‌خواهم क्‍ष \"'\\";
    expect(printable(text)).toBe(text);
  });

  test("lets no code point pass alone that is a control, a format or not to be seen", () => {
    const passed: string[] = [];
    for (let code = 0; code <= 0x10ffff; code += 1) {
      const text = String.fromCodePoint(code);
      const isUnseen =
        /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/u.test(
          text,
        );
      if (isUnseen && printable(`a${text}b`).includes(text)) passed.push(code.toString(16));
    }
    expect(passed).toEqual([]);
  });

  test("leaves the value of JSON text unchanged", () => {
    const value = { text: "\u001b]0;x\u0007\u009b\u202e\ud800é\u{e0041}" };
    const safe = printable(JSON.stringify(value));
    expect(JSON.parse(safe)).toEqual(value);
    expect(safe).not.toMatch(/[\u009b\u202e]/);
  });
});
