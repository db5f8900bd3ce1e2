// Tells turns of the event loop apart: what one turn does, sockets have had no chance to act upon.

import type { Clock } from "./clock.ts";

/** Numbers the turns in which it is asked; costs a timer of 0 ms in each of those, and none in the others. */
export class LoopTurns {
  readonly #clock: Clock;
  #number = 0;
  #isCounting = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The same within one turn, another in each later one. */
  get current(): number {
    if (!this.#isCounting) {
      this.#isCounting = true;
      this.#clock.after(0, this.#next);
    }
    return this.#number;
  }

  readonly #next = (): void => {
    this.#isCounting = false;
    this.#number += 1;
  };
}
