import { describe, expect, test } from "bun:test";

import { CallError, TypewireError } from "@typewire/protocol";

import { describeThrown, oneLine } from "../src/text.ts";

describe("oneLine", () => {
  test("leaves ordinary text as it is, in any language", () => {
    expect(oneLine("Bienvenido al servidor! ¿Qué tal? 你好 👋")).toBe(
      "Bienvenido al servidor! ¿Qué tal? 你好 👋",
    );
  });

  test("takes out what would break a line or drive a terminal", () => {
    expect(oneLine("a\r\nb\tc\u0000d\u001b[2Je\u2028f\u202eg\u009bh")).toBe("a b c d [2Je f g h");
  });

  test("takes out what is not to be seen, and leaves what joins an emoji", () => {
    expect(oneLine("a\u200bb\u00adc\u2060d\ufff9e\u{e0041}\u{e0042}f\u3164g\u180eh")).toBe(
      "a b c d e f g h",
    );
    expect(oneLine("👩‍🚀 ❤️ می‌خواهم")).toBe("👩‍🚀 ❤️ می‌خواهم");
  });

  test("cuts at the limit, not one before it", () => {
    expect(oneLine("12345", 5)).toBe("12345");
    expect(oneLine("123456", 5)).toBe("1234…");
  });

  test("leaves no half of a surrogate pair, which cannot be encoded (S14)", () => {
    expect(oneLine("\ud800").isWellFormed()).toBe(true);
    expect([2, 3, 4, 5, 6].map((length) => oneLine("ab👋cd", length))).toEqual([
      "a…",
      "ab…",
      "ab…",
      "ab👋…",
      "ab👋cd",
    ]);
    expect(oneLine("👋👋", 1)).toBe("…");
  });
});

describe("describeThrown", () => {
  test("cuts a long message, and keeps it on one line", () => {
    const described = describeThrown(new Error(`one\ntwo ${"x".repeat(10_000)}`));
    expect(described).toStartWith("Error: one two xxx");
    expect(described.length).toBeLessThanOrEqual(500);
  });

  test("says of an error of ours its sentence alone, which stands within another", () => {
    const misfit = new TypewireError("schema-mismatch", "schema-mismatch at /a: expected text");
    const failed = new CallError("internal", "The handler failed", { ran: "yes" });
    expect([misfit, failed].map(describeThrown)).toEqual([misfit.message, failed.message]);
  });

  test("names the kind of what is neither an error nor text", () => {
    expect(
      [undefined, null, 5, {}, [], Symbol("s"), 5n].map((thrown) => describeThrown(thrown)),
    ).toEqual([
      "a thrown undefined",
      "a thrown null",
      "a thrown number",
      "a thrown object",
      "a thrown object",
      "a thrown symbol",
      "a thrown bigint",
    ]);
  });
});
