// All that a run has given, as `--json` writes it and `--from` reads it.

import type { Effort } from "./benchmark.ts";
import type { Comparison } from "./comparison.ts";
import type { Machine } from "./machine.ts";

export interface Report {
  readonly machine: Machine;
  readonly effort: Effort;
  readonly comparisons: Comparison[];
  /** Benchmarks that gave no comparison. A side that fails is in its row instead. */
  readonly failures: { readonly name: string; readonly reason: string }[];
}
