// The few figures of a sample that the tables show. Medians throughout: a shared machine has outliers
// in one direction only, and a mean would be theirs.

/** What a row says of its rounds. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The value below which the fraction `q` of `values` lies, between neighbours in proportion. */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) throw new Error("quantile: expected at least one value, got none");
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const below = Math.floor(position);
  const lower = sorted[below] ?? Number.NaN;
  const upper = sorted[below + 1] ?? lower;
  return lower + (upper - lower) * (position - below);
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** For ratios: two times faster and two times slower are the same distance from 1. */
export function geometricMean(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + Math.log(value), 0);
  return Math.exp(sum / values.length);
}

export function summarize(values: readonly number[]): Summary {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** Student's t for a two-sided interval of 95 %, by degrees of freedom from 1; beyond, that of 30. */
const STUDENT_T = [
  12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13, 2.12,
  2.11, 2.1, 2.09, 2.09, 2.08, 2.07, 2.07, 2.06, 2.06, 2.06, 2.05, 2.05, 2.05, 2.04,
] as const;

/** Where the geometric mean of ratios lies with 95 % certainty; undefined for fewer than two. */
export function interval95(
  ratios: readonly number[],
): { readonly low: number; readonly high: number } | undefined {
  if (ratios.length < 2) return undefined;
  const logs = ratios.map(Math.log);
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (logs.length - 1);
  const t = STUDENT_T[Math.min(logs.length - 1, STUDENT_T.length) - 1] ?? STUDENT_T[0];
  const half = t * Math.sqrt(variance / logs.length);
  return { low: Math.exp(mean - half), high: Math.exp(mean + half) };
}
