// Counts the handlers of one connection whose promise has not settled; lets no more begin than may be,
// and notices when none ever settles.

import { HOLD, type Inflow } from "./inflow.ts";
import type { ConnectionLimits } from "./limits.ts";

/** Made at the first handler that returns a promise. */
export class HandlersInFlight {
  readonly #limits: ConnectionLimits;
  readonly #inflow: Inflow;
  #count = 0;
  #settled = 0;
  /** What the sweep saw: how many had settled, and since when; negative while nobody waits for them. */
  #seenSettled = 0;
  #seenAtMs = -1;

  constructor(limits: ConnectionLimits, inflow: Inflow) {
    this.#limits = limits;
    this.#inflow = inflow;
  }

  get count(): number {
    return this.#count;
  }

  begin(): void {
    this.#count += 1;
    if (this.#count >= this.#limits.handlersInFlight) this.#inflow.hold(HOLD.handlers);
  }

  settle(): void {
    this.#count -= 1;
    this.#settled += 1;
    const isFew = this.#count < this.#limits.handlersInFlight / 2;
    if (isFew && this.#inflow.isHeld(HOLD.handlers)) this.#inflow.release(HOLD.handlers);
  }

  /** For the sweep: whether somebody has waited for them for `maxPausedMs` and none has settled. */
  areStuck(nowMs: number): boolean {
    if (!this.#inflow.isHeld(HOLD.handlers) && !this.#inflow.isHeld(HOLD.ending)) {
      this.#seenAtMs = -1;
      return false;
    }
    if (this.#seenAtMs < 0 || this.#seenSettled !== this.#settled) {
      this.#seenAtMs = nowMs;
      this.#seenSettled = this.#settled;
    }
    return nowMs - this.#seenAtMs >= this.#limits.maxPausedMs;
  }
}
