import { describe, expect, test } from "bun:test";

import { compare, ratioBetween } from "../src/comparison.ts";
import { geometricMean, interval95, median, quantile } from "../src/statistics.ts";

const time = { name: "codec/x", about: "", unit: "ns", better: "lower" } as const;
const rate = { name: "end-to-end/x", about: "", unit: "messages/s", better: "higher" } as const;

describe("compare", () => {
  test("says how many times less time the first side takes", () => {
    const { rows } = compare(time, [
      { name: "fast", samples: [10, 20, 30] },
      { name: "slow", samples: [40, 60, 60] },
    ]);
    expect(rows[1]?.figure).toEqual({ median: 60, min: 40, max: 60 });
    expect(rows[1]?.ratio).toEqual({ median: 3, min: 2, max: 4 });
  });

  test("turns the ratio round where more is better", () => {
    const { rows } = compare(rate, [
      { name: "fast", samples: [600, 800] },
      { name: "slow", samples: [200, 200] },
    ]);
    expect(rows[1]?.ratio?.median).toBe(3.5);
  });

  test("compares round by round: a slow moment of the machine does not change the ratio", () => {
    const { rows } = compare(time, [
      { name: "first", samples: [10, 100, 10] },
      { name: "second", samples: [20, 200, 20] },
    ]);
    expect(rows[1]?.ratio).toEqual({ median: 2, min: 2, max: 2 });
  });

  test("has a row without a figure for a side that failed", () => {
    const { rows } = compare(time, [
      { name: "first", samples: [10] },
      { name: "broken", samples: [], failure: "no reply" },
    ]);
    expect(rows[1]).toEqual({ side: "broken", samples: [], facts: {}, failure: "no reply" });
  });

  test("has no ratios where the first side failed", () => {
    const { rows } = compare(time, [
      { name: "broken", samples: [], failure: "no reply" },
      { name: "second", samples: [10] },
    ]);
    expect(rows[1]?.ratio).toBeUndefined();
  });
});

describe("ratioBetween", () => {
  test("compares any two sides", () => {
    const comparison = compare(time, [
      { name: "a", samples: [10] },
      { name: "b", samples: [20] },
      { name: "c", samples: [60] },
    ]);
    expect(ratioBetween(comparison, "b", "c")).toBe(3);
    expect(ratioBetween(comparison, "b", "nobody")).toBeUndefined();
  });
});

describe("quantile", () => {
  test("lies between neighbours in proportion", () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([1, 2, 3, 4, 5], 0.99)).toBeCloseTo(4.96);
    expect(quantile([7], 0.99)).toBe(7);
  });

  test("refuses an empty sample", () => {
    expect(() => median([])).toThrow("expected at least one value");
  });
});

describe("interval95", () => {
  test("has 1 in it where ratios lie on both sides, and not where all are above", () => {
    const around = interval95([0.95, 1.05, 1.02, 0.99]);
    expect(around?.low).toBeLessThan(1);
    expect(around?.high).toBeGreaterThan(1);
    expect(interval95([1.1, 1.11, 1.12, 1.1])?.low).toBeGreaterThan(1.08);
  });

  test("is unknown from a single round", () => {
    expect(interval95([1])).toBeUndefined();
  });
});

describe("geometricMean", () => {
  test("gives twice as fast and twice as slow together as equal", () => {
    expect(geometricMean([2, 0.5])).toBeCloseTo(1);
  });
});
