// The frame of every end-to-end benchmark: a side for each system, rounds in turns, all processes ended
// at the end, and a row for what could not be measured.

import type { Effort } from "../benchmark.ts";
import { type Comparison, compare, type Facts, type Title } from "../comparison.ts";
import { interleave, type Side } from "../measure.ts";
import type { PeerSpec } from "./peers.ts";

/** One system in one scenario. */
export interface Contestant extends Side, AsyncDisposable {
  /** Keeps its processes from round to round: the first, in which they start, does not count. */
  readonly lasts: boolean;
  /** What the rounds have shown beside the figure. */
  readonly facts?: () => Facts;
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
    const series = await interleave(contestants, rounds);
    return compare(title, series, (name) => {
      const index = chosen.findIndex((spec) => spec.name === name);
      const { runtime, checks } = chosen[index] ?? {};
      return { ...contestants[index]?.facts?.(), runtime: runtime ?? "", checks: checks ?? "" };
    });
  } finally {
    for (const contestant of contestants) await contestant[Symbol.asyncDispose]();
  }
}
