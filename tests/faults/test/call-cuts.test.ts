// K12: real sockets whose line is cut behind every byte of a call, of its answer, and of a stream both ways. What the
// caller is told of its handler (`ran`) is held against how often that handler has run.

import { describe, expect } from "bun:test";

import { pickSeed, SeededRandom } from "@typewire/testkit";

import { type CutOutcome, CutLine, frameEnds, outcomeOf, SENT } from "../src/calls/cut-line.ts";
import { until } from "../src/until.ts";
import { row, rowsEnd } from "../src/row.ts";

const isLong = process.env["TYPEWIRE_LONG"] !== undefined;
const WAYS = ["toServer", "toClient"] as const;

/** Calls of this size are 14 MB together: more than the kernel takes of a line that stands still. */
const PADDING_BYTES = 55_000;
const MOST_ARRIVED_BYTES = 2_000_000;

/** Positions at which `body` runs, so many at once. */
async function each(
  positions: readonly number[],
  body: (at: number) => Promise<void>,
  workers = 4,
): Promise<void> {
  const left = [...positions];
  const worker = async (): Promise<void> => {
    for (let at = left.shift(); at !== undefined; at = left.shift()) await body(at);
  };
  await Promise.all(Array.from({ length: workers }, worker));
}

/** Every position from before the first byte to behind the last. */
function everyByte(ends: readonly number[]): number[] {
  return Array.from({ length: (ends.at(-1) ?? 0) + 1 }, (_, at) => at);
}

/** The positions at the end of each frame and beside it. */
function besideEnds(ends: readonly number[]): number[] {
  return everyByte(ends).filter((at) => ends.some((end) => Math.abs(end - at) <= 1));
}

/** Every byte at length; else every third, and those beside the end of a frame. */
function bytesOf(ends: readonly number[]): number[] {
  const beside = new Set(besideEnds(ends));
  return everyByte(ends).filter((at) => isLong || at % 3 === 0 || beside.has(at));
}

/** How many of the frames are whole at `at`. */
function wholeAt(ends: readonly number[], at: number): number {
  return ends.filter((end) => end <= at).length;
}

/** By how much the frame of a call with this id is longer than the first. */
function moreIdBytes(id: number): number {
  if (id < 24) return 0;
  return id < 256 ? 1 : 2;
}

/** What may never be, wherever a line is cut. */
function expectTrue({ code, ran, runs }: CutOutcome): void {
  if (ran === "no") expect(runs).toBe(0);
  if (ran === "yes" || code === undefined) expect(runs).toBeGreaterThan(0);
  expect(runs).toBeLessThanOrEqual(1);
}

/** Calls of which the kernel takes only a part, on a line that is cut. */
interface CutQueue {
  readonly seed: number;
  /** How many had arrived whole at the cut, and the first that had not left whole. */
  readonly arrived: number;
  readonly unsent: number;
  /** What their caller is told: `ran`, or `answered`. */
  readonly told: readonly string[];
  /** How often their handlers had run at the cut, and in the end. */
  readonly before: readonly number[];
  readonly runs: readonly number[];
}

async function cutQueue(line: CutLine, comesBack: boolean): Promise<CutQueue> {
  const seed = pickSeed();
  const padding = "x".repeat(PADDING_BYTES);
  const [frameBytes = 0] = frameEnds("once", "toServer", padding);
  await using linked = await line.connect(comesBack);
  const { client, link } = linked;
  const sentHelloBytes = client.connection?.stats.bytesSent ?? 0;
  const helloBytes = link.toServer.forwardedBytes;
  link.toServer.set({ blackHole: true });
  const keys = Array.from({ length: 256 }, () => line.nextKey());
  const outcomes = keys.map((key) => outcomeOf(client.call.once(key + padding)));
  let end = 0;
  const ends = keys.map((_, index) => (end += frameBytes + moreIdBytes(index + 1)));
  const atByte = new SeededRandom(seed).integer(0, MOST_ARRIVED_BYTES);
  link.toServer.at(helloBytes + atByte, () => link.toServer.set({ blackHole: true }));
  link.toServer.set({ blackHole: false });
  while (link.toServer.forwardedBytes < helloBytes + atByte) await Bun.sleep(1);
  if (line.material !== "tls") await line.serverHasRead(link);
  const arrived = wholeAt(ends, atByte);
  // What is read is handed out in turns.
  const isHandedOut = (): boolean => arrived === 0 || line.runsOf(keys[arrived - 1] ?? "") > 0;
  await until(isHandedOut, "the last call that arrived to run");
  const before = keys.map((key) => line.runsOf(key));
  link.reset();
  const settled = await Promise.all(outcomes);
  return {
    seed,
    arrived,
    unsent: wholeAt(ends, (await linked.sentBytes) - sentHelloBytes),
    told: settled.map(({ ran }) => ran ?? "answered"),
    before,
    runs: keys.map((key) => line.runsOf(key)),
  };
}

const LOST = { code: "connection-lost", ran: "maybe" };
const ANSWERED = { code: undefined, ran: undefined };

describe("a line that is cut behind every byte", () => {
  row("K12 of a call: its handler runs exactly where the frame had arrived whole", async () => {
    await using line = new CutLine();
    const ends = frameEnds("once", "toServer");
    await each(everyByte(ends), async (at) => {
      const outcome = await line.cut("once", at, { way: "toServer" });
      expectTrue(outcome);
      expect({ at, ...outcome }).toMatchObject({ at, ...LOST, runs: wholeAt(ends, at) });
    });
    expect(line.failures).toEqual([]);
  });

  row("K12 of its answer: it has run, and the caller says so or does not know", async () => {
    await using line = new CutLine();
    const ends = frameEnds("once", "toClient");
    await each(everyByte(ends), async (at) => {
      const outcome = await line.cut("once", at, { way: "toClient" });
      expectTrue(outcome);
      const told = wholeAt(ends, at) === 1 ? ANSWERED : LOST;
      expect({ at, ...outcome }).toMatchObject({ at, ...told, runs: 1 });
    });
    expect(line.failures).toEqual([]);
  });

  for (const way of WAYS) {
    row(`K12 of a stream both ways, ${way}: items that arrived whole are taken`, async () => {
      await using line = new CutLine();
      const ends = frameEnds("both", way);
      await each(bytesOf(ends), async (at) => {
        const outcome = await line.cut("both", at, { way });
        expectTrue(outcome);
        const whole = wholeAt(ends, at);
        const isAll = way === "toClient" && whole === ends.length;
        const told = isAll ? ANSWERED : LOST;
        expect({ at, ...outcome }).toMatchObject({ at, ...told });
        if (way === "toServer") {
          expect(outcome.runs).toBe(whole > 0 ? 1 : 0);
          expect(outcome.took).toEqual(SENT.slice(0, Math.max(0, whole - 1)));
        } else {
          expect(outcome.got).toEqual(SENT.slice(0, whole).map((item) => 2 * item));
        }
      });
      expect(line.failures).toEqual([]);
    });
  }

  row("K12 of a call that may run twice: it is answered by the next connection", async () => {
    await using line = new CutLine();
    for (const way of WAYS) {
      const ends = frameEnds("again", way);
      const [last = 0] = ends;
      await each(isLong ? everyByte(ends) : [1, last - 1, last], async (at) => {
        const outcome = await line.cut("again", at, { way, comesBack: true });
        const isAnswered = way === "toClient" && at >= last;
        const before = way === "toClient" || at >= last ? 1 : 0;
        const runs = before + (isAnswered ? 0 : 1);
        expect({ at, way, ...outcome }).toMatchObject({ at, way, ...ANSWERED, runs });
      });
    }
    expect(line.failures).toEqual([]);
  });

  row(
    "K12 of calls that had not left whole: they have not run, and run once where the client comes back",
    async () => {
      await using line = new CutLine();
      for (const comesBack of isLong ? [false, true, false, true, false, true] : [false, true]) {
        const { seed, arrived, unsent, told, before, runs } = await cutQueue(line, comesBack);
        expect({ seed, before }).toEqual({
          seed,
          before: runs.map((_, index) => (index < arrived ? 1 : 0)),
        });
        // Of what had arrived the answer may have been lost; of what had left whole all of it is.
        expect(unsent).toBeGreaterThanOrEqual(arrived);
        expect(unsent).toBeLessThan(runs.length);
        const hasRun = (index: number): boolean =>
          index < arrived || (comesBack && index >= unsent);
        expect({ seed, runs }).toEqual({
          seed,
          runs: runs.map((_, index) => (hasRun(index) ? 1 : 0)),
        });
        const [first, lost] = [told.slice(0, arrived), told.slice(arrived, unsent)];
        expect(first.filter((ran) => ran === "no")).toEqual([]);
        expect(lost).toEqual(lost.map(() => "maybe"));
        const rest = told.slice(unsent);
        expect(rest).toEqual(rest.map(() => (comesBack ? "answered" : "no")));
      }
    },
  );

  for (const name of ["once", "both"] as const) {
    for (const way of WAYS) {
      row(`K12 of "${name}", ${way}, by an end of that half`, async () => {
        await using line = new CutLine();
        const ends = frameEnds(name, way);
        await each(isLong ? everyByte(ends) : besideEnds(ends), async (at) => {
          const outcome = await line.cut(name, at, { way, fault: "end" });
          expectTrue(outcome);
          const hasArrived = way === "toClient" || wholeAt(ends, at) > 0;
          expect({ at, runs: outcome.runs }).toEqual({ at, runs: hasArrived ? 1 : 0 });
        });
        expect(line.failures).toEqual([]);
      });
    }
  }

  row("K12 of calls and answers of many segments: the same at random bytes", async () => {
    const seed = pickSeed();
    const random = new SeededRandom(seed);
    await using line = new CutLine();
    const padding = "x".repeat(300_000);
    for (const way of WAYS) {
      const ends = frameEnds("once", way, padding);
      const positions = Array.from({ length: isLong ? 200 : 3 }, () =>
        random.integer(0, ends.at(-1) ?? 0),
      );
      await each([...positions, ...ends], async (at) => {
        const outcome = await line.cut("once", at, { way, padding });
        expectTrue(outcome);
        const runs = way === "toClient" ? 1 : wholeAt(ends, at);
        expect({ at, seed, runs: outcome.runs }).toEqual({ at, seed, runs });
      });
    }
    expect(line.failures).toEqual([]);
  });

  for (const material of ["tls", "unix"] as const) {
    row(`K12 of a call and of its answer, over ${material}`, async () => {
      await using line = new CutLine(material);
      for (const way of WAYS) {
        const ends = [await line.bytesOfCall("once", way)];
        if (material === "unix") expect(ends).toEqual([...frameEnds("once", way)]);
        const positions = isLong ? everyByte(ends) : besideEnds(ends);
        const cutAt = async (at: number): Promise<void> => {
          const isWhole = wholeAt(ends, at) === 1;
          const outcome = await line.cut("once", at, { way, isWhole });
          expectTrue(outcome);
          const told = isWhole && way === "toClient" ? ANSWERED : LOST;
          const runs = isWhole || way === "toClient" ? 1 : 0;
          expect({ at, way, ...outcome }).toMatchObject({ at, way, ...told, runs });
        };
        await each(positions, cutAt, 1);
      }
      expect(line.failures).toEqual([]);
    });
  }
});

if (isLong) {
  describe("a line of TLS that is cut", () => {
    for (const way of WAYS) {
      row(`K12 of a stream both ways, ${way}: behind every byte of its records`, async () => {
        await using line = new CutLine("tls");
        const bytes = await line.bytesOfCall("both", way);
        await each(everyByte([bytes]), async (at) => {
          const outcome = await line.cut("both", at, { way });
          expectTrue(outcome);
          const { took, got } = outcome;
          expect(took).toEqual(SENT.slice(0, took.length));
          expect(got).toEqual(SENT.slice(0, got.length).map((item) => 2 * item));
        });
        expect(line.failures).toEqual([]);
      });
    }

    row("K12 of calls of which the kernel had not taken all", async () => {
      await using line = new CutLine("tls");
      for (const comesBack of [false, true, false, true]) {
        const { seed, told, runs } = await cutQueue(line, comesBack);
        if (!comesBack) expect(told).toContain("no");
        const wrong = runs.filter((count, index) => {
          if (told[index] === "maybe") return count > 1;
          return count !== (told[index] === "answered" ? 1 : 0);
        });
        expect({ seed, wrong }).toEqual({ seed, wrong: [] });
      }
    });
  });
}

rowsEnd("K");
