// K12: real sockets whose line is cut behind every byte of a call, of its answer, and of a stream both ways. What the
// caller is told of its handler (`ran`) is held against how often that handler has run.

import { describe, expect } from "bun:test";

import { pickSeed, SeededRandom } from "@typewire/testkit";

import { type CutOutcome, CutLine, frameEnds, outcomeOf, SENT } from "../src/calls/cut-line.ts";
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
): Promise<void> {
  const left = [...positions];
  const worker = async (): Promise<void> => {
    for (let at = left.shift(); at !== undefined; at = left.shift()) await body(at);
  };
  await Promise.all(Array.from({ length: 4 }, worker));
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
      const seed = pickSeed();
      const random = new SeededRandom(seed);
      await using line = new CutLine();
      const padding = "x".repeat(PADDING_BYTES);
      const [frameBytes = 0] = frameEnds("once", "toServer", padding);
      for (const comesBack of isLong ? [false, true, false, true, false, true] : [false, true]) {
        await using linked = await line.connect(comesBack);
        const { client, link } = linked;
        const sentHelloBytes = client.connection?.stats.bytesSent ?? 0;
        const helloBytes = link.toServer.forwardedBytes;
        link.toServer.set({ blackHole: true });
        const keys = Array.from({ length: 256 }, () => line.nextKey());
        // More than what the kernel takes: the rest is in the client's own queue.
        const outcomes = keys.map((key) => outcomeOf(client.call.once(key + padding)));
        let end = 0;
        const ends = keys.map((_, index) => (end += frameBytes + moreIdBytes(index + 1)));
        const atByte = random.integer(0, MOST_ARRIVED_BYTES);
        link.toServer.at(helloBytes + atByte, () => link.toServer.set({ blackHole: true }));
        link.toServer.set({ blackHole: false });
        while (link.toServer.forwardedBytes < helloBytes + atByte) await Bun.sleep(1);
        await line.serverHasRead(link);
        const ranBefore = keys.map((key) => line.runsOf(key));
        link.reset();
        const settled = await Promise.all(outcomes);
        const arrived = wholeAt(ends, atByte);
        expect({ seed, ran: ranBefore }).toEqual({
          seed,
          ran: keys.map((_, index) => (index < arrived ? 1 : 0)),
        });
        const told = settled.map(({ ran }) => ran ?? "answered");
        // Of what had arrived the answer may have been lost; of what had left whole all of it is.
        const unsent = wholeAt(ends, (await linked.sentBytes) - sentHelloBytes);
        expect(unsent).toBeGreaterThanOrEqual(arrived);
        expect(unsent).toBeLessThan(keys.length);
        for (const [index, key] of keys.entries()) {
          const runs = line.runsOf(key);
          expect(runs, `${key}, seed ${seed}`).toBe(
            index < arrived || (comesBack && index >= unsent) ? 1 : 0,
          );
          if (index >= unsent) expect(told[index]).toBe(comesBack ? "answered" : "no");
          else if (index >= arrived) expect(told[index]).toBe("maybe");
          else expect(told[index]).toBeOneOf(["answered", "maybe"]);
        }
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

  rowsEnd("K");
});
