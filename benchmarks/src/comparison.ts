// The result of one benchmark, as tables, JSON and pictures all take it: a figure and a ratio for every
// side. Plain data, written to files and read back.

import type { Series } from "./measure.ts";
import { type Summary, summarize } from "./statistics.ts";

/** Whether a small figure is the good one (time, memory) or a large one (messages a second). */
export type Better = "lower" | "higher";

/** What a side is, beside its name: what it checks, on which runtime it ran, how many bytes it wrote. */
export type Facts = Readonly<Record<string, string | number>>;

export interface Row {
  readonly side: string;
  /** Absent where the side failed. */
  readonly figure?: Summary;
  /**
   * How many times better the first side is than this one: the median of the rounds' own ratios, since
   * the two were measured side by side in each. Below 1 the first side is the worse one.
   */
  readonly ratio?: Summary;
  readonly samples: readonly number[];
  readonly facts: Facts;
  readonly failure?: string;
}

export interface Comparison {
  /** The name to run it by: `codec/decode/medium`. */
  readonly name: string;
  /** What was measured, in a sentence. */
  readonly about: string;
  readonly unit: string;
  readonly better: Better;
  /** The first is the one that the ratios are about. */
  readonly rows: readonly Row[];
}

/** What a comparison is called and measured in. */
export type Title = Omit<Comparison, "rows">;

/** Puts the first series against each of the others. */
export function compare(
  title: Title,
  series: readonly Series[],
  factsOf: (side: string) => Facts = () => ({}),
): Comparison {
  const base = series[0]?.samples ?? [];
  const rows = series.map(({ name, samples, failure }): Row => {
    const facts = factsOf(name);
    if (failure !== undefined || samples.length === 0) {
      return { side: name, samples, facts, failure: failure ?? "no round was measured" };
    }
    const figure = summarize(samples);
    const ratios = roundRatios(base, samples, title.better);
    return { side: name, figure, samples, facts, ...(ratios && { ratio: ratios }) };
  });
  return { ...title, rows };
}

function roundRatios(
  base: readonly number[],
  samples: readonly number[],
  better: Better,
): Summary | undefined {
  const ratios = ratiosOf(base, samples, better);
  return ratios.length === 0 ? undefined : summarize(ratios);
}

function ratiosOf(
  base: readonly number[],
  samples: readonly number[],
  better: Better,
): readonly number[] {
  return samples.flatMap((sample, round) => {
    const own = base[round];
    if (own === undefined || own === 0 || sample === 0) return [];
    return [better === "lower" ? sample / own : own / sample];
  });
}

/** The median ratio of the first side to `side`; undefined where one of them has no figure. */
export function ratioOf(comparison: Comparison, side: string): number | undefined {
  return comparison.rows.find((row) => row.side === side)?.ratio?.median;
}

/** How many times better `side` is than `other` in `comparison`, round by round. */
export function ratioBetween(
  comparison: Comparison,
  side: string,
  other: string,
): number | undefined {
  const ratios = ratiosBetween(comparison, side, other);
  return ratios.length === 0 ? undefined : summarize(ratios).median;
}

/** The same, the ratio of each round. */
export function ratiosBetween(
  comparison: Comparison,
  side: string,
  other: string,
): readonly number[] {
  const samplesOf = (name: string): readonly number[] =>
    comparison.rows.find((row) => row.side === name)?.samples ?? [];
  return ratiosOf(samplesOf(side), samplesOf(other), comparison.better);
}
