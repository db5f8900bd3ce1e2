import { describe, expect, test } from "bun:test";

import { describeThrown, oneLine } from "../src/close-reason.ts";

describe("oneLine", () => {
  test("leaves ordinary text as it is, in any language", () => {
    expect(oneLine("Bienvenido al servidor! ¿Qué tal? 你好 👋")).toBe(
      "Bienvenido al servidor! ¿Qué tal? 你好 👋",
    );
  });

  test("takes out what would break a line or drive a terminal", () => {
    expect(oneLine("a\r\nb\tc\u0000d\u001b[2Je\u2028f\u202eg\u009bh")).toBe("a b c d [2Je f g h");
  });

  test("cuts at the limit, not one before it", () => {
    expect(oneLine("12345", 5)).toBe("12345");
    expect(oneLine("123456", 5)).toBe("1234…");
  });

  test("leaves no half of a surrogate pair, which cannot be encoded (S14)", () => {
    expect(oneLine("\ud800").isWellFormed()).toBe(true);
    expect(oneLine("ab👋cd", 4).isWellFormed()).toBe(true);
  });
});

describe("describeThrown", () => {
  test("cuts a long message, and keeps it on one line", () => {
    const described = describeThrown(new Error(`one\ntwo ${"x".repeat(10_000)}`));
    expect(described).toStartWith("Error: one two xxx");
    expect(described.length).toBeLessThanOrEqual(500);
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
