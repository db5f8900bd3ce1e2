import { describe, expect, test } from "bun:test";

import { interleave, orderOf, type Side } from "../src/measure.ts";

describe("orderOf", () => {
  test.each([1, 3, 4])("puts each of %d sides first equally often", (count) => {
    const firsts = Array.from({ length: 2 * count }, (_, round) => orderOf(round, count)[0]);
    for (let side = 0; side < count; side += 1) {
      expect(firsts.filter((first) => first === side)).toHaveLength(2);
    }
  });

  test("has every side once in each round", () => {
    for (let round = 0; round < 8; round += 1) {
      expect(new Set(orderOf(round, 4))).toEqual(new Set([0, 1, 2, 3]));
    }
  });

  test("runs every second round backwards, so that neighbours change", () => {
    expect(orderOf(2, 3)).toEqual([1, 2, 0]);
    expect(orderOf(3, 3)).toEqual([0, 2, 1]);
  });
});

describe("interleave", () => {
  function counting(name: string, log: string[]): Side {
    let calls = 0;
    return {
      name,
      sample() {
        log.push(name);
        calls += 1;
        return calls;
      },
    };
  }

  test("keeps the timed rounds of every side and drops the warm-up", async () => {
    const series = await interleave([counting("a", []), counting("b", [])], {
      warmUp: 2,
      timed: 3,
    });
    expect(series).toEqual([
      { name: "a", samples: [3, 4, 5] },
      { name: "b", samples: [3, 4, 5] },
    ]);
  });

  test("measures all sides in a round before any is measured again", async () => {
    const log: string[] = [];
    const sides = ["a", "b", "c"].map((name) => counting(name, log));
    await interleave(sides, { warmUp: 0, timed: 4 });
    for (let round = 0; round < 4; round += 1) {
      expect(log.slice(round * 3, round * 3 + 3).sort()).toEqual(["a", "b", "c"]);
    }
  });

  test("calls `between` before each measurement", async () => {
    const log: string[] = [];
    const rounds = { warmUp: 1, timed: 1 };
    await interleave([counting("a", log)], rounds, () => void log.push("between"));
    expect(log).toEqual(["between", "a", "between", "a"]);
  });

  test("goes on without a side that throws, and says why", async () => {
    const broken: Side = {
      name: "broken",
      sample() {
        throw new Error("no reply");
      },
    };
    const series = await interleave([broken, counting("a", [])], { warmUp: 0, timed: 2 });
    expect(series).toEqual([
      { name: "broken", samples: [], failure: "no reply" },
      { name: "a", samples: [1, 2] },
    ]);
  });

  test("takes a figure that is no number for a failure", async () => {
    const lost: Side = { name: "lost", sample: () => Number.NaN };
    const series = await interleave([lost], { warmUp: 0, timed: 2 });
    expect(series).toEqual([{ name: "lost", samples: [], failure: "expected a figure, got NaN" }]);
  });
});
