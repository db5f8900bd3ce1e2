// Lets connections with more than one turn's messages go on, in later turns of the event loop, one after
// the other and never for long: between the slices everybody else is served.

import type { Clock } from "./clock.ts";

/** Something with messages left over. */
export interface Resumable {
  /** Handles one turn's worth; asks again when there is more. Never throws. */
  continue(): void;
}

/** How long those that wait may hold the event loop together. */
const SLICE_MS = 5;

/** Whose turn it is. */
export class TurnScheduler {
  readonly #clock: Clock;
  #waiting: Resumable[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether somebody waits: then nobody else should take a whole turn before them. */
  get isBusy(): boolean {
    return this.#waiting.length > 0;
  }

  /** Calls `target.continue()` in a later turn. The target asks again only after that. */
  schedule(target: Resumable): void {
    if (this.#waiting.push(target) === 1) this.#clock.after(0, this.#run);
  }

  readonly #run = (): void => {
    const batch = this.#waiting;
    this.#waiting = [];
    const startedAtMs = this.#clock.now();
    let served = 0;
    for (const target of batch) {
      if (served > 0 && this.#clock.now() - startedAtMs >= SLICE_MS) break;
      served += 1;
      target.continue();
    }
    const again = this.#waiting;
    this.#waiting = batch.slice(served).concat(again);
    // Whoever asked again first has also asked for the next run.
    if (again.length === 0 && this.#waiting.length > 0) this.#clock.after(0, this.#run);
  };
}
