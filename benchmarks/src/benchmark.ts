// What can be run, by name. A benchmark gives one comparison.

import type { Comparison } from "./comparison.ts";

/** How much time a run may take. */
export interface Effort {
  /** A smoke run: a few seconds for everything, and figures that mean nothing. */
  readonly quick: boolean;
  /** All codecs in one process, to see what their company costs them. */
  readonly together: boolean;
  /** Timed rounds of each side. */
  readonly rounds: number;
  /** Parts of names: only sides with one of them take part; empty for all. */
  readonly sides: readonly string[];
  /** The revision that `cost/before` compares with. */
  readonly before?: string;
}

export interface Benchmark {
  /** `codec/decode/medium`; a filter is a prefix of it, in whole words. */
  readonly name: string;
  /** Left out of a smoke run of everything: it takes the way of another benchmark that is in it. */
  readonly isRepetition?: boolean;
  /** Compares with a revision that has to be named: without one, left out unless it is asked for by its whole name. */
  readonly needsBefore?: boolean;
  readonly run: (effort: Effort) => Promise<Comparison>;
}

/** Whether `filter` names the benchmark or a folder that it is in. */
export function matches(name: string, filter: string): boolean {
  const wanted = filter.replace(/\/+$/, "");
  return name === wanted || name.startsWith(`${wanted}/`);
}
