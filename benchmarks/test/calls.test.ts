// A very quick run of every benchmark of calls, for Typewire and the ceiling over real processes. The other
// systems are run by `bun run bench` alone.

import { describe, expect, test } from "bun:test";

import type { Effort } from "../src/benchmark.ts";
import { callBenchmarks } from "../src/calls/benchmarks.ts";
import { callGoalRows } from "../src/calls/goals.ts";
import { type CallPair, LastingCallPair } from "../src/calls/pair.ts";
import { typewire } from "../src/calls/peers.ts";
import { pushTo } from "../src/calls/push.ts";
import { working } from "../src/calls/rounds.ts";
import { compare, type Title } from "../src/comparison.ts";

const DEADLINE_MS = 60_000;
const OWN_SIDES = [
  "typewire",
  "raw Bun TCP",
  "ids made by hand",
  "one-way messages",
  "signal",
  "try",
  "middlewares",
  "without calls",
  "broadcast",
];
const effort: Effort = { quick: true, together: false, rounds: 1, sides: OWN_SIDES };
const chosen = callBenchmarks.filter(({ isRepetition = false }) => !isRepetition);

describe("a benchmark of calls", () => {
  test.each(chosen.map(({ name, run }) => [name, run] as const))(
    "measures Typewire and what it is held against: %s",
    async (_, run) => {
      const { rows } = await run(effort);
      expect(rows[0]?.side).toBe("typewire");
      expect(rows.filter(({ failure, figure }) => failure !== undefined || !figure)).toEqual([]);
    },
    DEADLINE_MS,
  );
});

describe("a side that works", () => {
  const nobody = { verify: async () => {}, [Symbol.asyncDispose]: async () => {} };
  const measured: Effort = { ...effort, quick: false };

  test("begins its rounds when two runs in a row are no faster: in one alone the engine may have compiled", async () => {
    // Thousands of items a second, as two processes on two cores came to them.
    const rates = [9, 68, 66, 240, 371, 578, 610, 648, 690, 675];
    const amounts: number[] = [];
    const work = {
      first: 500,
      run: async (_: CallPair, amount: number) => {
        amounts.push(amount);
        return (rates[amounts.length - 1] ?? 650) * 1000;
      },
      rateOf: (rate: number) => rate,
      figureOf: (rate: number) => rate,
    };
    const pair = new LastingCallPair(async () => nobody as unknown as CallPair);
    await using side = working(typewire, work, measured, pair);
    expect(await side.sample()).toBe(675_000);
    // The last two are the round's run-up, and the round.
    expect(amounts).toHaveLength(10);
    expect(amounts.slice(-2)).toEqual([32_400, 324_000]);
  });
});

describe("callGoalRows", () => {
  const title = (name: string, better: Title["better"]): Title => ({
    name: `calls/${name}`,
    about: "",
    unit: "",
    better,
  });
  const rows = callGoalRows([
    compare(title("rate/64", "higher"), [
      { name: "typewire", samples: [900, 900] },
      { name: "raw Bun TCP", samples: [1000, 1000] },
      { name: "replit/river", samples: [90, 90] },
      { name: "Socket.IO", samples: [300, 300] },
    ]),
    compare(title("latency/p50", "lower"), [
      { name: "typewire", samples: [15, 15] },
      { name: "raw Bun TCP", samples: [10, 10] },
    ]),
    compare(title("publish", "lower"), [
      { name: "typewire", samples: [10, 11, 10] },
      { name: "broadcast", samples: [11, 10, 10] },
    ]),
  ]);
  const of = (what: string, against: string) =>
    rows.find((row) => row[0] === what && row[4] === against);

  test("holds a rate against its share and against the best of the others", () => {
    expect(of("calls/s, 64 in flight", "raw Bun TCP")?.slice(1, 4)).toEqual([
      "≥ 0.70",
      "0.90",
      "yes",
    ]);
    const best = of("calls/s, 64 in flight", "the best: Socket.IO");
    expect(best?.slice(1, 4)).toEqual(["≥ 8.00", "3.00", "no"]);
  });

  test("holds a time against so many times another", () => {
    const call = of("call, one in flight, p50", "raw Bun TCP");
    expect(call?.slice(1, 4)).toEqual(["≤ 1.30", "1.50", "no"]);
  });

  test("finds publishing as fast as a broadcast where the interval has 1 in it", () => {
    expect(of("publish, interval of 95 %", "broadcast")?.[3]).toBe("yes");
  });

  test("leaves open what was not measured, and has no rows for a run without calls", () => {
    expect(of("32 KiB chunks, bytes/s", "raw Bun TCP")?.slice(2, 4)).toEqual(["—", ""]);
    expect(callGoalRows([])).toEqual([]);
  });
});

describe("pushTo", () => {
  test("keeps what comes while the taker is behind, and stops where it wants no more", async () => {
    const taken: unknown[] = [];
    let isLeft = false;
    const ready = Promise.withResolvers<boolean>();
    const push = pushTo(
      (item) => {
        taken.push(item);
        return item === 1 ? ready.promise : item !== 3;
      },
      () => {
        isLeft = true;
      },
    );
    push(1);
    push(2);
    expect(taken).toEqual([1]);
    ready.resolve(true);
    await ready.promise;
    await Promise.resolve();
    expect(taken).toEqual([1, 2]);
    push(3);
    push(4);
    expect(taken).toEqual([1, 2, 3]);
    expect(isLeft).toBe(true);
  });
});
