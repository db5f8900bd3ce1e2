import { describe, expect, test } from "bun:test";

import {
  byteByByte,
  concatenate,
  cutAt,
  everyPairOfCuts,
  inPiecesOf,
  pickSeed,
  randomly,
  SeededRandom,
  whole,
} from "../src/index.ts";

const bytes = Uint8Array.from({ length: 12 }, (_, index) => index);
const lengths = (chunks: readonly Uint8Array[]): number[] => chunks.map((chunk) => chunk.length);

describe("cutters", () => {
  test("cut where they say", () => {
    expect(lengths(whole(bytes))).toEqual([12]);
    expect(lengths(byteByByte(bytes))).toEqual(Array<number>(12).fill(1));
    expect(lengths(inPiecesOf(5)(bytes))).toEqual([5, 5, 2]);
    expect(lengths(cutAt(0, 3, 3, 10, 12, 50)(bytes))).toEqual([3, 7, 2]);
  });

  test("have nothing to cut in nothing", () => {
    const nothing = new Uint8Array(0);
    for (const cut of [
      whole,
      byteByByte,
      cutAt(1),
      inPiecesOf(3),
      randomly(new SeededRandom(1), 5),
    ]) {
      expect(cut(nothing)).toEqual([]);
    }
  });

  test("include every pair of positions, once", () => {
    const ways = [...everyPairOfCuts(4)].map((cut) => lengths(cut(bytes.subarray(0, 4))).join());
    expect(ways.toSorted()).toEqual(["1,1,2", "1,2,1", "1,3", "2,1,1", "2,2", "3,1"]);
  });

  const seed = pickSeed();
  test(`keep all bytes in order, seed ${seed}`, () => {
    const random = new SeededRandom(seed);
    for (let round = 0; round < 200; round += 1) {
      const all = random.bytes(random.integer(1, 100));
      const chunks = randomly(random, random.integer(1, 20))(all);
      expect(concatenate(chunks)).toEqual(all);
      expect(Math.min(...lengths(chunks))).toBeGreaterThan(0);
    }
  });
});

describe("SeededRandom", () => {
  test("gives the same numbers for the same seed, and others for another", () => {
    const take = (seed: number): number[] => {
      const random = new SeededRandom(seed);
      return Array.from({ length: 20 }, () => random.integer(0, 1_000_000));
    };
    expect(take(7)).toEqual(take(7));
    expect(take(7)).not.toEqual(take(8));
  });

  test("stays within its bounds and reaches them", () => {
    const random = new SeededRandom(1);
    const numbers = new Set(Array.from({ length: 500 }, () => random.integer(-1, 2)));
    expect([...numbers].toSorted((a, b) => a - b)).toEqual([-1, 0, 1, 2]);
  });
});
