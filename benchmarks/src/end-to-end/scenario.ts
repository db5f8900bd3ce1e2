// The frame of every end-to-end benchmark: a side for each system, rounds in turns, all processes ended
// at the end, and a row for what could not be measured.

import type { Effort } from "../benchmark.ts";
import { type Comparison, compare, type Facts, type Title } from "../comparison.ts";
import { interleave, type Series, type Side } from "../measure.ts";
import type { PeerSpec } from "./peers.ts";

/** One system in one scenario. */
export interface Contestant extends Side, AsyncDisposable {
  /** Keeps its processes from round to round: the first, in which they start, does not count. */
  readonly lasts: boolean;
  /** What the rounds have shown beside the figure. */
  readonly facts?: () => Facts;
  /** Compares values once more when all rounds are over; rejects where they are not right. */
  readonly verify?: () => Promise<void>;
}

/** Measures all `specs` that the effort admits. */
export async function contest(
  title: Title,
  specs: readonly PeerSpec[],
  effort: Effort,
  enter: (spec: PeerSpec) => Contestant,
): Promise<Comparison> {
  const chosen = specs.filter(
    ({ name }) => effort.sides.length === 0 || effort.sides.some((part) => name.includes(part)),
  );
  const contestants = chosen.map(enter);
  try {
    const rounds = { warmUp: contestants.some(({ lasts }) => lasts) ? 1 : 0, timed: effort.rounds };
    const timed = await interleave(contestants, rounds);
    const series: Series[] = [];
    for (const [index, one] of timed.entries()) {
      series.push(await verified(one, contestants[index]?.verify));
    }
    return compare(title, series, (name) => {
      const index = chosen.findIndex((spec) => spec.name === name);
      const { runtime, checks } = chosen[index] ?? {};
      return { ...contestants[index]?.facts?.(), runtime: runtime ?? "", checks: checks ?? "" };
    });
  } finally {
    for (const contestant of contestants) await contestant[Symbol.asyncDispose]();
  }
}

/** Figures of a side whose values are wrong in the end are no figures. */
async function verified(series: Series, verify: Contestant["verify"]): Promise<Series> {
  if (series.failure !== undefined) return series;
  try {
    await verify?.();
    return series;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { name: series.name, samples: [], failure: `after the rounds: ${reason}` };
  }
}
