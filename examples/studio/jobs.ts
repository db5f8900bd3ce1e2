// Jobs for workers: a worker without one waits for the next. Knows nothing of connections.

interface Job {
  readonly job: number;
  readonly value: number;
}

export class Jobs {
  readonly #results = new Map<number, (result: number) => void>();
  readonly #idle: ((job: Job) => void)[] = [];
  #last = 0;

  /** The square of `value` by the next worker that is free; undefined where there is none. */
  square(value: number): Promise<number> | undefined {
    const worker = this.#idle.shift();
    if (worker === undefined) return undefined;
    const job = (this.#last += 1);
    worker({ job, value });
    return new Promise((resolve) => this.#results.set(job, resolve));
  }

  /** The next job of a worker that is free now; rejects when `signal` aborts. */
  next(signal: AbortSignal): Promise<Job> {
    return new Promise((resolve, reject) => {
      this.#idle.push(resolve);
      signal.addEventListener("abort", () => {
        this.#idle.splice(this.#idle.indexOf(resolve) >>> 0, 1);
        reject(signal.reason as Error);
      });
    });
  }

  done(job: number, result: number): void {
    this.#results.get(job)?.(result);
    this.#results.delete(job);
  }
}
