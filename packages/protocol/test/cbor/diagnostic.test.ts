import { describe, expect, test } from "bun:test";

import { toDiagnostic } from "../../src/cbor/diagnostic.ts";
import { concat, fromHex, fromText, toHex } from "../support/bytes.ts";
import { array, text } from "../support/cbor.ts";
import { appendixAVectors, malformedVectors } from "../support/fixtures.ts";
import { newSeed, randomFrom } from "../support/random.ts";

describe("toDiagnostic", () => {
  /** Where we print otherwise than the table: tags as tags, JavaScript's exponents, characters as themselves. */
  const OTHERWISE: Readonly<Record<string, string>> = {
    c249010000000000000000: "2(h'010000000000000000')",
    c349010000000000000000: "3(h'010000000000000000')",
    "62225c": '"\\"\\\\"',
    fb7e37e43c8800759c: "1e+300",
    "62c3bc": '"ü"',
    "63e6b0b4": '"水"',
    "64f0908591": '"𐅑"',
  };

  test.each(appendixAVectors.map(({ hex, diagnostic }) => [hex, diagnostic]))(
    "prints %s as RFC 8949 appendix A does",
    (hex, diagnostic) => {
      expect(toDiagnostic(fromHex(hex))).toBe(OTHERWISE[hex] ?? diagnostic);
    },
  );

  test.each([
    ["", " / the bytes end too soon at byte 0 /"],
    ["82 01", "[1,  / the bytes end too soon at byte 2 /"],
    ["a1 01", "{1:  / the bytes end too soon at byte 2 /"],
    ["63 6162", " / the bytes end too soon at byte 1 /"],
    ["19 01", " / the bytes end too soon at byte 1 /"],
    ["c1", "1( / the bytes end too soon at byte 1 /"],
    ["5f 6161 ff", "(_  / a wrong chunk at byte 2 /"],
    ["9f 01", "[_ 1,  / the bytes end too soon at byte 2 /"],
    ["81 ff", "[ / an unexpected break or reserved byte at byte 2 /"],
    ["1c", " / a reserved length at byte 1 /"],
    ["1f", " / an indefinite length where there is none at byte 1 /"],
    ["01 02 03", "1 / 2 more bytes /"],
  ])("prints %p as far as it goes, and then says why not further", (hex, printed) => {
    expect(toDiagnostic(fromHex(hex))).toBe(printed);
  });

  test("prints text on one line, escaped as JSON", () => {
    expect(toDiagnostic(text('a\n"\\\u0000'))).toBe('"a\\n\\"\\\\\\u0000"');
    expect(toDiagnostic(text(fromHex("61ff62")))).toBe('"a\uFFFDb"');
    expect(toDiagnostic(text("\uFEFFa"))).toBe('"\uFEFFa"');
  });

  test("reads only between start and end", () => {
    const around = concat(fromText("##"), array(text("a")), fromText("##"));
    expect(toDiagnostic(around, 2, 5)).toBe('["a"]');
    expect(toDiagnostic(around, 2, 4)).toBe("[ / the bytes end too soon at byte 2 /");
    expect(toDiagnostic(around.subarray(2, 5))).toBe('["a"]');
  });

  test.each(["81", "a100", "a1", "c1", "9f", "bf00", "d818"])(
    "elides a hundred thousand levels of %s",
    (level) => {
      const printed = toDiagnostic(fromHex(level.repeat(100_000)));
      expect(printed).toContain(" / nested too deeply to print at byte ");
      expect(printed.length).toBeLessThan(1000);
    },
  );

  test.each([
    "9bffffffffffffffff",
    "bbffffffffffffffff",
    "5bffffffffffffffff",
    "7b7fffffffffffffff",
  ])("does not believe the count of %s", (hex) => {
    expect(toDiagnostic(fromHex(`${hex}0000`))).toContain("the bytes end too soon");
  });

  test("says of every vector that is not well-formed where it stopped, and of no other", () => {
    for (const { hex, wellFormed } of malformedVectors) {
      const printed = toDiagnostic(fromHex(hex));
      // A simple value below 32 in two bytes is read for what it says.
      const readable = wellFormed === "yes" || /f8[01].$/.test(hex);
      expect({ hex, stopped: printed.endsWith(" /") }).toEqual({ hex, stopped: !readable });
      expect(printed).not.toMatch(/[\n\r]/);
    }
  });

  test("never throws on random bytes", () => {
    const seed = newSeed();
    const random = randomFrom(seed);
    for (let round = 0; round < 20_000; round += 1) {
      const bytes = Uint8Array.from({ length: random() * 40 }, () => random() * 256);
      let printed: string | undefined;
      try {
        printed = toDiagnostic(bytes);
      } catch (error) {
        expect({ seed, hex: toHex(bytes), error }).toEqual({ seed, hex: "", error: undefined });
      }
      expect(typeof printed).toBe("string");
    }
  });
});
