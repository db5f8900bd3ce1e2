// A queue between a callback that something arrives at and a test that awaits it.

/** Values that come one by one and are taken one by one, in order. */
export class Arrivals<T> {
  readonly #waiting: T[] = [];
  #notify: (() => void) | undefined;
  #isOver = false;

  add(value: T): void {
    this.#waiting.push(value);
    this.#notify?.();
  }

  /** Nothing more will come. */
  finish(): void {
    this.#isOver = true;
    this.#notify?.();
  }

  /** The next value that `accepts`; those before it are dropped. Undefined once nothing more can come. One taker at a time. */
  async take(accepts: (value: T) => boolean = () => true): Promise<T | undefined> {
    for (;;) {
      while (this.#waiting.length > 0) {
        const value = this.#waiting.shift();
        if (value !== undefined && accepts(value)) return value;
      }
      if (this.#isOver) return undefined;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#notify = resolve;
      await promise;
    }
  }
}
