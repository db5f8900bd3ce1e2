// What a payload may cost. The bombs are made here rather than stored.

import { describe, expect, test } from "bun:test";

import { defaultLimits } from "../../src/limits.ts";
import { concat, fromHex } from "../support/bytes.ts";
import { array, double, head, integer, map, NULL, text } from "../support/cbor.ts";
import { cpuMilliseconds } from "../support/cpu.ts";
import { expectError } from "../support/errors.ts";
import { scan, verdictOf } from "../support/scan.ts";

/** `level` repeated `depth` times, then `innermost`. */
function nest(level: string, depth: number, innermost = "00"): Uint8Array {
  const opening = fromHex(level);
  const bytes = new Uint8Array(opening.length * depth);
  for (let index = 0; index < depth; index += 1) bytes.set(opening, index * opening.length);
  return concat(bytes, fromHex(innermost));
}

describe("nesting", () => {
  const LEVELS: readonly [what: string, level: string, levelsEach: number][] = [
    ["arrays", "81", 1],
    ["maps, in their values", "a1 6161", 1],
    ["arrays and maps in turn", "81 a1 00", 2],
    ["arrays whose last item goes on", "83 00 6161", 1],
    ["arrays with eight-byte counts", "9b 0000000000000001", 1],
  ];

  test.each(LEVELS)("of 32 levels of %s is accepted, of 33 refused", (_, level, levelsEach) => {
    const depth = 32 / levelsEach;
    expect(verdictOf(nest(level, depth))).toBe("accepted");
    expectError(() => scan(nest(level, depth + 1)), "cbor-limit");
    // An empty container is a level as well.
    expect(verdictOf(nest(level, depth, "80"))).toBe("cbor-limit");
    expect(verdictOf(nest(level, depth, "a0"))).toBe("cbor-limit");
  });

  test.each(LEVELS)("of thousands of levels of %s is refused at once", (_, level, levelsEach) => {
    for (const depth of [1000, 20_000, 1_048_576]) {
      const bomb = nest(level, depth / levelsEach);
      const spent = cpuMilliseconds(() => {
        expect(verdictOf(bomb)).toBe("cbor-limit");
      });
      expect(spent).toBeLessThan(100);
    }
  });

  test("in keys is refused for the key", () => {
    for (const depth of [2, 33, 1_048_576]) {
      expect(verdictOf(nest("a1", depth, "0000"))).toBe("cbor-unsupported");
    }
  });

  test("of tags is refused for the tag", () => {
    for (const depth of [1, 33, 1000, 1_048_576]) {
      expect(verdictOf(nest("c1", depth))).toBe("cbor-unsupported");
      expect(verdictOf(nest("81c1", depth))).toBe("cbor-unsupported");
    }
  });

  test("says which limit it met", () => {
    expectError(() => scan(nest("81", 33)), "cbor-limit", {
      message: "Cannot decode CBOR: expected at most 32 levels of nesting, got more, at byte 33",
    });
  });

  test("follows maxNesting, up and down", () => {
    expect(verdictOf(nest("81", 1), { maxNesting: 1 })).toBe("accepted");
    expect(verdictOf(nest("81", 2), { maxNesting: 1 })).toBe("cbor-limit");
    expect(verdictOf(nest("81", 1000), { maxNesting: 1000 })).toBe("accepted");
    expect(verdictOf(nest("81", 1001), { maxNesting: 1000 })).toBe("cbor-limit");
  });

  test("beside each other is not nesting", () => {
    const wide = array(...Array.from({ length: 1000 }, () => array(array(), map())));
    expect(verdictOf(wide, { maxNesting: 3 })).toBe("accepted");
    expect(verdictOf(wide, { maxNesting: 2 })).toBe("cbor-limit");
  });
});

describe("declared counts", () => {
  const COUNTS: readonly [what: string, hex: string][] = [
    ["array of 2^64 − 1", "9bffffffffffffffff"],
    ["array of 2^53", "9b0020000000000000"],
    ["array of 2^32", "9b0000000100000000"],
    ["array of 100 000 000", "9a05f5e100"],
    ["map of 2^64 − 1", "bbffffffffffffffff"],
    ["map of 2^63, whose double is 2^64", "bb8000000000000000"],
    ["map of 16 000 000", "ba00f42400"],
    ["byte string of 2^63 − 1", "5b7fffffffffffffff"],
    ["byte string of 2^64 − 1", "5bffffffffffffffff"],
    ["text of 2^31 − 1", "7a7fffffff"],
    ["text of 2^64 − 1", "7bffffffffffffffff"],
  ];

  test.each(COUNTS)("are not believed: %s", (_, hex) => {
    const nested = array(fromHex(hex));
    const withBytes = concat(fromHex(hex), new Uint8Array(4096));
    const before = process.memoryUsage().rss;
    const spent = cpuMilliseconds(() => {
      for (let round = 0; round < 100; round += 1) {
        for (const bytes of [fromHex(hex), nested, withBytes]) {
          expect(verdictOf(bytes)).toBe("cbor-malformed");
        }
      }
    });
    expect(spent / 300).toBeLessThan(1);
    expect(process.memoryUsage().rss - before).toBeLessThan(32 * 1024 * 1024);
  });

  test("may be exactly what is left, and not one more", () => {
    for (const [container, each] of [
      ["array", 1],
      ["map", 2],
    ] as const) {
      for (const count of [1, 23, 24, 300]) {
        const items = concat(
          ...Array.from({ length: count * each }, (_, index) => integer(index, 2)),
        );
        expect(verdictOf(concat(head(container, count), items))).toBe("accepted");
        expect(verdictOf(concat(head(container, count + 1), items))).toBe("cbor-malformed");
        expect(verdictOf(concat(head(container, count - 1), items))).toBe("cbor-malformed");
      }
    }
  });
});

describe("the number of items", () => {
  test("counts every key, value and container", () => {
    // 1 map, 2 keys, 1 text, 1 array, 2 items in it.
    const payload = map(text("a"), text("b"), integer(1), array(NULL, double(1)));
    expect(verdictOf(payload, { maxItems: 7 })).toBe("accepted");
    expectError(() => scan(payload, { maxItems: 6 }), "cbor-limit");
  });

  test("may be 65 536 by default, and not one more", () => {
    expect(defaultLimits.maxItems).toBe(65_536);
    const items = (count: number): Uint8Array =>
      concat(head("array", count), new Uint8Array(count).fill(0xa0));
    expect(verdictOf(items(65_535))).toBe("accepted");
    expectError(() => scan(items(65_536)), "cbor-limit", {
      message: "Cannot decode CBOR: expected at most 65536 data items, got more, at byte 65540",
    });
  });

  test("refuses a megabyte of empty maps early", () => {
    const bomb = concat(head("array", 1_048_571), new Uint8Array(1_048_571).fill(0xa0));
    const spent = cpuMilliseconds(() => {
      expect(verdictOf(bomb)).toBe("cbor-limit");
    });
    expect(spent).toBeLessThan(50);
  });

  test("refuses more keys than that before it compares them", () => {
    const keys = Array.from({ length: 40_000 }, (_, index) => integer(index, 4));
    const payload = map(...keys.flatMap((key) => [key, NULL]));
    const spent = cpuMilliseconds(() => {
      expect(verdictOf(payload)).toBe("cbor-limit");
    });
    expect(spent).toBeLessThan(50);
    expect(verdictOf(payload, { maxItems: 80_001 })).toBe("accepted");
  });
});
