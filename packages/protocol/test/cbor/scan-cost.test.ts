// What the look for duplicate keys costs: as much as its bytes deserve, whatever a peer chooses for keys. Each
// map is measured against an array of the same items, in turns, so that a busy machine slows both.

import { describe, expect, test } from "bun:test";

import { DuplicateKeys, findBySorting } from "../../src/cbor/duplicate-keys.ts";
import { concat } from "../support/bytes.ts";
import { array, integer, map, NULL, text, type Width } from "../support/cbor.ts";
import { newSeed, randomFrom } from "../support/random.ts";
import { scan } from "../support/scan.ts";

/** How many times the array's time a map may take. 2 to 4 are measured; sorting took 30. */
const MOST_TIMES = 10;

const ROUNDS = 15;

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const result = [...items];
  for (let index = result.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    [result[index], result[other]] = [result[other] as Item, result[index] as Item];
  }
  return result;
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const withNulls = (keys: readonly Uint8Array[]): Uint8Array[] => keys.flatMap((key) => [key, NULL]);

function timed(run: () => void): number {
  const startedAtMs = performance.now();
  run();
  return performance.now() - startedAtMs;
}

/** The least time for the first over the least for the second. */
function ratio(first: () => void, second: () => void): number {
  let [firstMs, secondMs] = [Infinity, Infinity];
  for (let round = 0; round < ROUNDS; round += 1) {
    firstMs = Math.min(firstMs, timed(first));
    secondMs = Math.min(secondMs, timed(second));
  }
  return firstMs / secondMs;
}

describe("a map costs no more than its bytes deserve", () => {
  const seed = newSeed();
  const random = randomFrom(seed);
  const rows: readonly (readonly [string, readonly Uint8Array[], number])[] = [
    ["integers in no order", shuffled(numbers(32_700), random).map((key) => integer(key)), 1],
    [
      "wide integers in no order",
      shuffled(numbers(32_700), random).map((key) => integer(key, 8)),
      1,
    ],
    [
      "integers far apart",
      shuffled(numbers(32_700), random).map((key) => integer(BigInt(key) * 2n ** 49n)),
      1,
    ],
    [
      "integers that share their low bytes",
      numbers(32_700).map((key) => integer(key * 65_536, 8)),
      1,
    ],
    ["integers up", numbers(32_700).map((key) => integer(key)), 1],
    ["integers down", numbers(32_700).map((key) => integer(-key - 1)), 1],
    ["short texts in no order", shuffled(numbers(32_700), random).map((key) => text(`${key}`)), 1],
    [
      "long texts with a common beginning",
      shuffled(numbers(1_000), random).map((key) => text(`${"x".repeat(1_000)}${1_000 + key}`)),
      1,
    ],
    [
      "long texts with a common end",
      shuffled(numbers(1_000), random).map((key) => text(`${1_000 + key}${"x".repeat(1_000)}`)),
      1,
    ],
    [
      "sixteen long texts in many maps",
      numbers(16).map((key) => text(`${"x".repeat(500)}${key}`)),
      100,
    ],
    [
      "eight texts of 23 bytes in many maps",
      numbers(8).map((key) => text(`${"x".repeat(22)}${key}`)),
      3_000,
    ],
    [
      "four long texts in many maps",
      numbers(4).map((key) => text(`${"x".repeat(500)}${key}`)),
      400,
    ],
  ];

  test.each(rows)(`%s, seed ${seed}`, (_, keys, maps) => {
    const limits = { maxItems: 1_000_000 };
    const items = withNulls(keys);
    const asMaps = array(...Array<Uint8Array>(maps).fill(map(...items)));
    const asArrays = array(...Array<Uint8Array>(maps).fill(array(...items)));
    const times = ratio(
      () => void scan(asMaps, limits),
      () => void scan(asArrays, limits),
    );
    expect(times).toBeLessThan(MOST_TIMES);
  });

  test("of maps within maps", () => {
    const keys = shuffled(numbers(1_000), random).map((key) => integer(key, 2));
    let nested: Uint8Array = NULL;
    let flat: Uint8Array = NULL;
    for (let depth = 0; depth < 30; depth += 1) {
      nested = map(...withNulls(keys), integer(70_000), nested);
      flat = array(...withNulls(keys), integer(70_000), flat);
    }
    const times = ratio(
      () => void scan(nested),
      () => void scan(flat),
    );
    expect(times).toBeLessThan(MOST_TIMES);
  });
});

describe("DuplicateKeys", () => {
  /** Keys back to back, and where each begins. */
  function listOf(keys: readonly Uint8Array[]) {
    const offsets = new Float64Array(keys.length);
    let at = 0;
    for (const [index, key] of keys.entries()) {
      offsets[index] = at;
      at += key.length;
    }
    return { bytes: concat(...keys), offsets };
  }

  test("finds by hash what sorting finds, in lists of every size", () => {
    const seed = newSeed();
    const random = randomFrom(seed);
    const pick = (count: number): number => Math.floor(random() * count);
    const WIDE: readonly Width[] = [2, 4, 8];
    const finder = new DuplicateKeys();
    for (let round = 0; round < 600; round += 1) {
      const count = pick(round % 50 === 0 ? 3_000 : 60);
      const range = 1 + pick(count * 40 + 1);
      const keys = Array.from({ length: count }, () => {
        const value = pick(range);
        switch (pick(4)) {
          case 0:
            return integer(value, WIDE[pick(3)]);
          case 1:
            return integer(-value - 1, WIDE[pick(3)]);
          case 2:
            return text(`${"k".repeat(pick(2) * 30)}${value}`, WIDE[pick(3)]);
          default:
            return text(`${value}`);
        }
      });
      const { bytes, offsets } = listOf(keys);
      const sorted = findBySorting(bytes, offsets.slice(), 0, count) !== -1;
      expect({ seed, round, found: finder.find(bytes, offsets, 0, count) !== -1 }).toEqual({
        seed,
        round,
        found: sorted,
      });
      finder.shrink();
    }
  });

  test("names the later of two equal keys", () => {
    const keys = numbers(100).map((key) => integer(key === 70 ? 20 : key, 4));
    const { bytes, offsets } = listOf(keys);
    expect(new DuplicateKeys().find(bytes, offsets, 0, 100)).toBe(70 * 5);
  });

  test("sorts where every key has the same hash", () => {
    const original = Math.random;
    // Multipliers of 1: then the second word of a text can be chosen so that its hash is that of all others.
    Math.random = () => 0;
    try {
      const finder = new DuplicateKeys();
      const colliding = numbers(5_000).map((key) => {
        const state = mixedByOnes(mixedByOnes(0x68) ^ key);
        return concat(Uint8Array.of(0x68), wordOf(key), wordOf(state));
      });
      const random = randomFrom(1);
      const { bytes, offsets } = listOf(shuffled(colliding, random));
      const before = offsets.slice();
      expect(finder.find(bytes, offsets, 0, 5_000)).toBe(-1);
      // Only sorting reorders.
      expect(offsets).not.toEqual(before);
      expect(offsets.toSorted()).toEqual(before);
      const twice = listOf([...colliding, colliding[7] ?? NULL]);
      expect(finder.find(twice.bytes, twice.offsets, 0, 5_001)).toBe(5_000 * 9);
    } finally {
      Math.random = original;
    }
  });
});

/** What the hash makes of a word where both its multipliers are 1. */
function mixedByOnes(word: number): number {
  const twice = word ^ (word >>> 15);
  return twice ^ (twice >>> 13);
}

/** Four bytes, the least significant first. */
function wordOf(word: number): Uint8Array {
  return Uint8Array.of(word & 255, (word >>> 8) & 255, (word >>> 16) & 255, word >>> 24);
}
