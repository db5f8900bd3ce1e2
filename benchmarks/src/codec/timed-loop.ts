// Times a synchronous function over a ring of inputs. Every result is stored, so that no engine may leave
// out the work, and can be looked at when the timing is over.

/** A clock for durations, in nanoseconds. */
export type Nanoseconds = () => number;

/** Calls `run` `calls` times, over the inputs in turn, and keeps what it returned for each. */
function callInTurn(
  run: (input: unknown) => unknown,
  inputs: readonly unknown[],
  results: unknown[],
  calls: number,
): void {
  const last = inputs.length - 1;
  for (let call = 0, index = 0; call < calls; call += 1) {
    results[index] = run(inputs[index]);
    index = index === last ? 0 : index + 1;
  }
}

/** A function under test, its inputs and how often it is called in one measurement. */
export class TimedLoop {
  readonly inputs: readonly unknown[];
  /** What the last call for each input returned. */
  readonly results: unknown[];
  readonly #now: Nanoseconds;
  readonly #run: (input: unknown) => unknown;
  #calls: number;

  constructor(run: (input: unknown) => unknown, inputs: readonly unknown[], now: Nanoseconds) {
    this.inputs = inputs;
    this.results = Array.from({ length: inputs.length });
    this.#now = now;
    this.#run = run;
    this.#calls = inputs.length;
  }

  /** Calls in one measurement: whole rounds of the inputs. */
  get calls(): number {
    return this.#calls;
  }

  /** Runs until the engine has had `warmUpMs` to compile, then settles how many calls fill `batchMs`. */
  warmUp(warmUpMs: number, batchMs: number): void {
    const endAt = this.#now() + warmUpMs * 1e6;
    let perCall = this.sample();
    while (this.#now() < endAt) {
      perCall = this.sample();
      // No batch of the warm-up is longer than a quarter of it.
      this.#settle(perCall, Math.min(batchMs, warmUpMs / 4));
    }
    this.#settle(perCall, batchMs);
  }

  /** A tenth of a batch, untimed: brings back what the caches have forgotten meanwhile. */
  runUp(): void {
    const rounds = Math.ceil(this.#calls / this.inputs.length / 10);
    callInTurn(this.#run, this.inputs, this.results, rounds * this.inputs.length);
  }

  /** Nanoseconds for one call, over one batch. */
  sample(): number {
    const startedAt = this.#now();
    callInTurn(this.#run, this.inputs, this.results, this.#calls);
    return (this.#now() - startedAt) / this.#calls;
  }

  #settle(perCallNs: number, batchMs: number): void {
    const wanted = (batchMs * 1e6) / Math.max(perCallNs, 0.1);
    const rounds = Math.max(1, Math.round(wanted / this.inputs.length));
    this.#calls = rounds * this.inputs.length;
  }
}
