// What a soak run measured, and what follows from it.

import type { CrowdReport } from "../crowd.ts";

/** One second. Counts are since the start, the crowd's report since the last sample. */
export interface Sample extends Omit<CrowdReport, "errors"> {
  readonly atSeconds: number;
  readonly rssBytes: number;
  readonly descriptors: number;
  readonly cpuMs: number;
  /** Connections of attackers. */
  readonly attackers: number;
  readonly attacks: number;
  /** Connections that the server's log says have ended. */
  readonly closed: number;
  readonly errors: number;
}

export interface SoakConditions {
  readonly minutes: number;
  readonly clients: number;
  readonly transport: "plain TCP" | "TLS";
  readonly seed: number;
  readonly bun: string;
  readonly closedByReason: Readonly<Record<string, number>>;
}

export interface SoakResult extends SoakConditions {
  readonly samples: readonly Sample[];
  readonly delivered: number;
  readonly answered: number;
  readonly lost: number;
  readonly errors: number;
  readonly worstMs: number;
  /** The median over all seconds of their 99th percentile. */
  readonly typicalP99Ms: number;
  /** The median of the fifth of the run after warm-up, and of its last fifth. */
  readonly earlyMiB: number;
  readonly lateMiB: number;
  readonly failures: readonly string[];
}

/** A run in fifths: the first fills caches and compiles code, the second and the last are compared. */
const FIFTH = 1 / 5;
/** What the last fifth may hold, of what the second does. */
const MOST_SHARE = 1.1;
const MIB = 1024 ** 2;

export function summarise(samples: readonly Sample[], conditions: SoakConditions): SoakResult {
  const fifth = Math.ceil(samples.length * FIFTH);
  const heldMiB = samples.map(({ rssBytes }) => rssBytes / MIB);
  const earlyMiB = median(heldMiB.slice(fifth, 2 * fifth));
  const lateMiB = median(heldMiB.slice(-fifth));
  const lost = sum(samples, ({ lost: count }) => count);
  const errors = sum(samples, ({ errors: count }) => count);
  const failures = [
    ...(samples.length > 0 ? [] : ["no sample was taken"]),
    ...(lost > 0 ? [`well-behaved clients lost ${lost} messages`] : []),
    ...(errors > 0 ? [`well-behaved clients saw ${errors} errors`] : []),
    ...(lateMiB > earlyMiB * MOST_SHARE
      ? [`memory grew from ${earlyMiB.toFixed(1)} to ${lateMiB.toFixed(1)} MiB after warm-up`]
      : []),
  ];
  return {
    ...conditions,
    delivered: sum(samples, ({ delivered }) => delivered),
    answered: sum(samples, ({ answered }) => answered),
    lost,
    errors,
    worstMs: Math.max(0, ...samples.map(({ worstMs }) => worstMs)),
    typicalP99Ms: median(samples.map(({ p99Ms }) => p99Ms)),
    earlyMiB,
    lateMiB,
    failures,
    samples,
  };
}

function sum(samples: readonly Sample[], of: (sample: Sample) => number): number {
  return samples.reduce((total, sample) => total + of(sample), 0);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
