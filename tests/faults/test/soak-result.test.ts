import { describe, expect, test } from "bun:test";

import { type Sample, summarise } from "../src/soak/result.ts";

const MIB = 1024 ** 2;

const sound: Sample = {
  atSeconds: 1,
  rssBytes: 60 * MIB,
  descriptors: 10,
  cpuMs: 1,
  attackers: 1,
  attacks: 1,
  closed: 1,
  errors: 0,
  delivered: 1,
  answered: 1,
  lost: 0,
  duplicates: 0,
  p99Ms: 1,
  worstMs: 1,
  controlWorstMs: 1,
};

function failuresOf(heldMiB: readonly number[], other: Partial<Sample> = {}): readonly string[] {
  const samples = heldMiB.map((held) => ({ ...sound, ...other, rssBytes: held * MIB }));
  return summarise(samples, {
    minutes: 1,
    clients: 1,
    transport: "plain TCP",
    seed: 1,
    bun: "",
    closedByReason: {},
  }).failures;
}

describe("summarise", () => {
  test("takes a run whose memory goes up and down, and warms up before", () => {
    const sawtooth = Array.from({ length: 100 }, (_, second) => 57 + (second % 14));
    expect(failuresOf(sawtooth)).toEqual([]);
    expect(failuresOf(sawtooth.map((held, second) => (second < 20 ? held / 2 : held)))).toEqual([]);
  });

  test("refuses a run that ends more than a tenth higher than after warm-up", () => {
    const growing = (share: number): number[] =>
      Array.from({ length: 100 }, (_, second) => 60 * (1 + (share * (second - 30)) / 60));
    expect(failuresOf(growing(0.05))).toEqual([]);
    expect(failuresOf(growing(0.2))).toEqual([expect.stringContaining("memory grew from 60.")]);
  });

  test("refuses a run in which a well-behaved client lost a message or saw an error", () => {
    expect(failuresOf([60, 60, 60, 60, 60], { lost: 1, errors: 2 })).toEqual([
      "well-behaved clients lost 5 messages",
      "well-behaved clients saw 10 errors",
    ]);
  });
});
