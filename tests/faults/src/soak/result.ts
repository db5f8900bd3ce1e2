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
  readonly lost: number;
  readonly errors: number;
  readonly worstMs: number;
  /** The median over all seconds of their 99th percentile. */
  readonly typicalP99Ms: number;
  /** Least squares over the seconds after warm-up. */
  readonly slopeMiBPerMinute: number;
  readonly growthMiB: number;
  readonly failures: readonly string[];
}

/** The first part of a run fills caches and compiles code. */
const WARM_UP_SHARE = 0.2;
/** Growth over the rest that is still noise: a collection more or less. */
const MOST_GROWTH_MIB = 16;
const MIB = 1024 ** 2;

export function summarise(samples: readonly Sample[], conditions: SoakConditions): SoakResult {
  const warm = samples.slice(Math.floor(samples.length * WARM_UP_SHARE));
  const perSecond = slope(warm.map(({ atSeconds, rssBytes }) => [atSeconds, rssBytes / MIB]));
  const spanSeconds = (warm.at(-1)?.atSeconds ?? 0) - (warm[0]?.atSeconds ?? 0);
  const growthMiB = perSecond * spanSeconds;
  const lost = sum(samples, ({ lost: count }) => count);
  const errors = sum(samples, ({ errors: count }) => count);
  const failures = [
    ...(samples.length > 0 ? [] : ["no sample was taken"]),
    ...(lost > 0 ? [`well-behaved clients lost ${lost} messages`] : []),
    ...(errors > 0 ? [`well-behaved clients saw ${errors} errors`] : []),
    ...(growthMiB > MOST_GROWTH_MIB
      ? [`memory grew by ${growthMiB.toFixed(1)} MiB after warm-up, limit ${MOST_GROWTH_MIB}`]
      : []),
  ];
  const p99s = samples.map(({ p99Ms }) => p99Ms).toSorted((a, b) => a - b);
  return {
    ...conditions,
    delivered: sum(samples, ({ delivered }) => delivered),
    lost,
    errors,
    worstMs: Math.max(0, ...samples.map(({ worstMs }) => worstMs)),
    typicalP99Ms: p99s[Math.floor(p99s.length / 2)] ?? 0,
    slopeMiBPerMinute: perSecond * 60,
    growthMiB,
    failures,
    samples,
  };
}

function sum(samples: readonly Sample[], of: (sample: Sample) => number): number {
  return samples.reduce((total, sample) => total + of(sample), 0);
}

/** Of the straight line through these points. */
function slope(points: ReadonlyArray<readonly [x: number, y: number]>): number {
  const count = points.length;
  if (count < 2) return 0;
  const meanX = points.reduce((total, [x]) => total + x, 0) / count;
  const meanY = points.reduce((total, [, y]) => total + y, 0) / count;
  const above = points.reduce((total, [x, y]) => total + (x - meanX) * (y - meanY), 0);
  const below = points.reduce((total, [x]) => total + (x - meanX) ** 2, 0);
  return above / below;
}
