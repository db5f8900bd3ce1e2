// How often a duration fell into which range: fixed ranges, as a Prometheus histogram has them.

/** A histogram of seconds. Adding one is a search among a dozen numbers. */
export class Histogram {
  /** The upper bounds, in seconds, rising. What is above the last is counted in `count` alone. */
  readonly bounds: readonly number[];
  readonly #counts: number[];
  #count = 0;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  get count(): number {
    return this.#count;
  }

  /** Seconds. */
  get sum(): number {
    return this.#sum;
  }

  add(seconds: number): void {
    this.#count += 1;
    this.#sum += seconds;
    const at = this.bounds.findIndex((bound) => seconds <= bound);
    if (at >= 0) this.#counts[at] = (this.#counts[at] ?? 0) + 1;
  }

  /** For each bound, how many were at most as long. */
  get cumulative(): readonly number[] {
    let sum = 0;
    return this.#counts.map((count) => (sum += count));
  }

  /**
   * The bound, in seconds, below which so much of all lies (`share` from 0 to 1); Infinity where that is above the last, and
   * undefined where nothing was added.
   */
  quantile(share: number): number | undefined {
    if (this.#count === 0) return undefined;
    const at = this.cumulative.findIndex((count) => count >= share * this.#count);
    return this.bounds[at] ?? Infinity;
  }
}
