import { describe, expect, test } from "bun:test";

import { concat, fromHex, fromText } from "../support/bytes.ts";
import { array, head, integer, map, NULL, text, TRUE, WIDTHS } from "../support/cbor.ts";
import { cpuMilliseconds } from "../support/cpu.ts";
import { newSeed, randomFrom } from "../support/random.ts";
import { verdictOf } from "../support/scan.ts";

/** A map with these keys. */
function keyed(...keys: readonly Uint8Array[]): Uint8Array {
  return map(...keys.flatMap((key) => [key, NULL]));
}

describe("duplicate keys", () => {
  const TWINS: readonly [what: string, one: Uint8Array, other: Uint8Array][] = [
    ["text", text("a"), text("a")],
    ["empty text", text(""), text("", 4)],
    ["integers", integer(7), integer(7)],
    ["negative integers", integer(-7), integer(-7, 8)],
    ["the greatest integer", integer(2n ** 64n - 1n), integer(2n ** 64n - 1n)],
    ["the least integer", integer(-(2n ** 64n)), integer(-(2n ** 64n))],
    ["long text", text("x".repeat(5000)), text("x".repeat(5000), 8)],
  ];

  test.each(TWINS)("of %s are refused wherever they stand in a map", (_, one, other) => {
    const others = Array.from({ length: 12 }, (__, index) => integer(1000 + index));
    expect(verdictOf(keyed(one, ...others))).toBe("accepted");
    for (const payload of [
      keyed(one, other),
      keyed(other, one),
      keyed(one, ...others, other),
      keyed(...others, one, other),
      array(keyed(one, other)),
      map(text("inside"), keyed(one, other)),
    ]) {
      expect(verdictOf(payload)).toBe("cbor-malformed");
    }
  });

  test("are found across every pair of widths", () => {
    for (const one of WIDTHS) {
      for (const other of WIDTHS) {
        expect(verdictOf(keyed(integer(5, one), integer(5, other)))).toBe("cbor-malformed");
        expect(verdictOf(keyed(integer(-5, one), integer(-5, other)))).toBe("cbor-malformed");
        expect(verdictOf(keyed(text("ab", one), text("ab", other)))).toBe("cbor-malformed");
        expect(verdictOf(keyed(integer(5, one), integer(6, other)))).toBe("accepted");
        expect(verdictOf(keyed(text("ab", one), text("ac", other)))).toBe("accepted");
      }
    }
  });

  test.each([
    ["2^53 and 2^53 + 1", integer(2n ** 53n), integer(2n ** 53n + 1n)],
    ["2^64 − 1 and 2^64 − 2", integer(2n ** 64n - 1n), integer(2n ** 64n - 2n)],
    ["−2^64 and 1 − 2^64", integer(-(2n ** 64n)), integer(1n - 2n ** 64n)],
    ["5 and −6, whose arguments are equal", integer(5), integer(-6)],
    ['1 and "1"', integer(1), text("1")],
    ["0 and the empty text", integer(0), text("")],
    ["text and longer text", text("a"), text("aa")],
    ["texts equal after normalisation", text("é"), text("e\u0301")],
    ["text and the same with a byte order mark", text("a"), text("\uFEFFa")],
    [
      "texts that differ in the last of many bytes",
      text(`${"x".repeat(999)}a`),
      text(`${"x".repeat(999)}b`),
    ],
  ])("are not %s", (_, one, other) => {
    expect(verdictOf(keyed(one, other))).toBe("accepted");
  });

  test("are looked for in each map by itself", () => {
    const inner = keyed(text("a"), text("b"));
    expect(verdictOf(array(inner, inner))).toBe("accepted");
    expect(verdictOf(map(text("a"), inner, text("b"), inner))).toBe("accepted");
    expect(verdictOf(map(text("a"), inner, text("a"), inner))).toBe("cbor-malformed");
    expect(verdictOf(map(text("a"), inner, text("b"), keyed(text("c"), text("c"))))).toBe(
      "cbor-malformed",
    );
  });

  test("are found in maps of every size around the switch from comparing pairs to hashing", () => {
    for (let size = 2; size <= 40; size += 1) {
      const keys = Array.from({ length: size }, (_, index) => text(`key ${index}`));
      expect(verdictOf(keyed(...keys))).toBe("accepted");
      for (let twin = 0; twin < size - 1; twin += 1) {
        const doubled = [...keys.slice(0, -1), text(`key ${twin}`, 2)];
        expect(verdictOf(keyed(...doubled))).toBe("cbor-malformed");
      }
    }
  });

  test("are found in random maps exactly where a Set finds them", () => {
    const seed = newSeed();
    const random = randomFrom(seed);
    const pick = (count: number): number => Math.floor(random() * count);
    for (let round = 0; round < 400; round += 1) {
      const keys = Array.from({ length: pick(60) }, () => {
        const width = WIDTHS[pick(5)];
        const value = pick(200);
        return pick(2) === 0
          ? { id: value - 100, bytes: integer(value - 100, value >= 76 && value < 124 ? width : 4) }
          : { id: `k${value}`, bytes: text(`k${value}`, width) };
      });
      const distinct = new Set(keys.map((key) => key.id)).size === keys.length;
      const outcome = verdictOf(keyed(...keys.map((key) => key.bytes)));
      expect({ seed, round, outcome }).toEqual({
        seed,
        round,
        outcome: distinct ? "accepted" : "cbor-malformed",
      });
    }
  });

  test.each([
    ["distinct", (index: number): Uint8Array => text(`key ${index}`), "accepted"],
    [
      "with a long common beginning",
      (index: number): Uint8Array => text(`${"x".repeat(40)}${index}`),
      "accepted",
    ],
    ["all the same", (): Uint8Array => text("same"), "cbor-malformed"],
    ["integers downwards", (index: number): Uint8Array => integer(20_000 - index), "accepted"],
  ])("of a map of 20 000 keys, %s, are judged quickly", (_, key, outcome) => {
    const payload = keyed(...Array.from({ length: 20_000 }, (__, index) => key(index)));
    const spent = cpuMilliseconds(() => {
      expect(verdictOf(payload)).toBe(outcome);
    });
    expect(spent).toBeLessThan(400);
  });
});

describe("the key __proto__", () => {
  test("is refused in every width of head, at every place and depth", () => {
    for (const width of WIDTHS) {
      const key = text("__proto__", width);
      for (const payload of [
        map(key, NULL),
        map(text("a"), NULL, key, map()),
        map(text("a"), map(key, NULL)),
        array(array(map(key, NULL))),
      ]) {
        expect(verdictOf(payload)).toBe("cbor-unsupported");
      }
    }
  });

  test("is not a value, and not a longer or shorter or other key", () => {
    expect(verdictOf(map(text("a"), text("__proto__")))).toBe("accepted");
    expect(verdictOf(text("__proto__"))).toBe("accepted");
    for (const key of [
      "__proto_",
      "_proto__",
      "__proto___",
      "___proto__",
      "__PROTO__",
      "__pr\u043eto__",
      "a__proto__",
    ]) {
      expect(verdictOf(map(text(key), NULL))).toBe("accepted");
    }
  });

  test("is refused though it stands behind a head whose bytes look like its end", () => {
    // 0x5f is "_": a length of 0x5f5f before text that ends in `__proto__` is another key.
    const long = `${"x".repeat(0x5f5f - 9)}__proto__`;
    expect(verdictOf(map(text(long), NULL))).toBe("accepted");
  });
});

describe("keys", () => {
  test.each([
    "constructor",
    "prototype",
    "toString",
    "hasOwnProperty",
    "valueOf",
    "toJSON",
    "then",
    "",
    "\0",
    "a\nb",
    "x".repeat(10_000),
  ])("like %p are data", (key) => {
    expect(verdictOf(map(text(key), NULL))).toBe("accepted");
  });

  test.each([
    ["a byte string", fromHex("4161")],
    ["an array", array()],
    ["a map", map()],
    ["true", TRUE],
    ["null", NULL],
    ["a float", fromHex("f93c00")],
    ["undefined", fromHex("f7")],
    ["a tag", fromHex("c100")],
  ])("cannot be %s", (_, key) => {
    expect(verdictOf(concat(head("map", 1), key, NULL))).toBe("cbor-unsupported");
    expect(verdictOf(concat(head("map", 1), key, NULL), { allowUndefined: true })).toBe(
      "cbor-unsupported",
    );
  });

  test("are scanned as text: invalid UTF-8 in one is refused", () => {
    expect(verdictOf(map(text(concat(fromText("a"), fromHex("ff"))), NULL))).toBe("cbor-malformed");
  });
});
