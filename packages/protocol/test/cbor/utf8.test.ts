import { describe, expect, test } from "bun:test";

import { utf8ErrorAt } from "../../src/cbor/utf8.ts";
import { concat, fromHex, fromText } from "../support/bytes.ts";
import { newSeed, randomFrom } from "../support/random.ts";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function isUtf8(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

describe("utf8ErrorAt", () => {
  test.each([
    ["nothing", ""],
    ["NUL", "00"],
    ["DEL", "7f"],
    ["U+0080", "c280"],
    ["U+07FF", "dfbf"],
    ["U+0800", "e0a080"],
    ["U+D7FF", "ed9fbf"],
    ["U+E000", "ee8080"],
    ["a byte order mark", "efbbbf"],
    ["U+FFFF", "efbfbf"],
    ["U+10000", "f0908080"],
    ["U+10FFFF", "f48fbfbf"],
  ])("accepts %s", (_, hex) => {
    const bytes = fromHex(hex);
    expect(utf8ErrorAt(bytes, 0, bytes.length)).toBe(-1);
  });

  test.each([
    ["a lone continuation", "80", 0],
    ["an overlong NUL", "c080", 0],
    ["an overlong slash", "c1af", 0],
    ["an overlong three-byte form", "e09fbf", 0],
    ["an overlong four-byte form", "f08fbfbf", 0],
    ["the first surrogate", "eda080", 0],
    ["the last surrogate", "edbfbf", 0],
    ["U+110000", "f4908080", 0],
    ["a five-byte form", "f888808080", 0],
    ["0xfe", "fe", 0],
    ["two bytes cut short", "61c3", 1],
    ["three bytes cut short", "61e282", 1],
    ["four bytes cut short", "61f09f98", 1],
    ["a wrong continuation", "6161c3286262", 2],
    ["a wrong third byte", "61e28228", 1],
    ["a wrong fourth byte", "f09f9828", 0],
  ])("finds %s", (_, hex, offset) => {
    const bytes = fromHex(hex);
    expect(utf8ErrorAt(bytes, 0, bytes.length)).toBe(offset);
  });

  test("does not borrow the bytes behind the end to complete a character", () => {
    const bytes = fromText("aé");
    expect(utf8ErrorAt(bytes, 0, 2)).toBe(1);
    expect(utf8ErrorAt(concat(bytes, bytes), 3, 5)).toBe(4);
  });

  test("agrees with a fatal TextDecoder on every pair of bytes and on random bytes", () => {
    const seed = newSeed();
    const random = randomFrom(seed);
    const leads = [0x61, 0xc3, 0xe0, 0xed, 0xef, 0xf0, 0xf4];
    const samples = Array.from({ length: 20_000 }, () =>
      Uint8Array.from({ length: 4 }, (_, index) =>
        random() < 0.5
          ? 0x80 + random() * 64
          : index === 0
            ? (leads[Math.floor(random() * 7)] ?? 0)
            : random() * 256,
      ),
    );
    const pairs = Array.from({ length: 65_536 }, (_, bits) => Uint8Array.of(bits >> 8, bits));
    const wrong = [...samples, ...pairs].filter(
      (bytes) => (utf8ErrorAt(bytes, 0, bytes.length) === -1) !== isUtf8(bytes),
    );
    expect({ seed, wrong: wrong.map((bytes) => bytes.toHex()) }).toEqual({ seed, wrong: [] });
  });
});
