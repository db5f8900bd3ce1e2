// Memory under the same attack again and again: after the last time it may be a tenth above what it was after
// the second, no more. A heap is collected when it has grown and not when it is idle, so that two readings of a
// sound process differ by a fifth. Where the last is above the bound, the attack therefore goes on for a few
// times, and then the whole is measured again: what was garbage goes, what leaks stays.

import { processFigures } from "./process-figures.ts";

/** How often an attack is run. */
const TIMES = 10;
const MOST_SHARE = 1.1;
/** Further repetitions, one of which has to be within the bound. */
const MORE_TIMES = 10;
const ATTEMPTS = 3;
/** The median of so many readings, so long apart, is what a process holds. */
const READINGS = 5;
const BETWEEN_READINGS_MS = 20;

/** Whether rows are repeated, as `bun run faults --tenfold` asks. */
export const isTenfold = process.env["TYPEWIRE_FAULTS_TENFOLD"] !== undefined;

/**
 * Runs `attack` so many `times`, more than two, or more often where memory is above the bound by then. Resolves
 * with what the last of them resolved with; rejects with all that was measured when process `pid` ends higher.
 */
export async function endsNoHigher<T>(
  pid: number,
  attack: () => Promise<T>,
  times = TIMES,
): Promise<T> {
  const attempts: string[] = [];
  while (attempts.length < ATTEMPTS) {
    const heldBytes: number[] = [];
    while (heldBytes.length < times + MORE_TIMES) {
      const result = await attack();
      const count = heldBytes.length + 1;
      // The others are for the error's text.
      const isCompared = count === 2 || count >= times;
      const lastBytes = isCompared ? await settledBytes(pid) : processFigures(pid).rssBytes;
      heldBytes.push(lastBytes);
      const [, afterSecond = Infinity] = heldBytes;
      if (heldBytes.length >= times && lastBytes <= afterSecond * MOST_SHARE) return result;
    }
    attempts.push(heldBytes.map((bytes) => Math.round(bytes / 1024 ** 2)).join(" "));
  }
  throw new Error(`Memory after each time, in MiB: ${attempts.join("; again: ")}`);
}

async function settledBytes(pid: number): Promise<number> {
  const readings: number[] = [];
  for (let count = 0; count < READINGS; count += 1) {
    await Bun.sleep(BETWEEN_READINGS_MS);
    readings.push(processFigures(pid).rssBytes);
  }
  return readings.toSorted((a, b) => a - b)[Math.floor(READINGS / 2)] ?? 0;
}
