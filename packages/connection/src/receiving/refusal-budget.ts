// Forgives a peer a few well-formed messages that are not of its protocol, but not a stream of them.

import { TypewireError } from "@typewire/protocol";

import type { ConnectionLimits } from "../limits.ts";
import type { Clock } from "../time/clock.ts";

/** Counts refusals in a sliding window of time. A connection makes one at its first refusal. */
export class RefusalBudget {
  readonly #limits: ConnectionLimits;
  readonly #clock: Clock;
  /** When the refusals happened that still count, oldest first; at most one more than is forgiven. */
  readonly #times: number[] = [];

  constructor(limits: ConnectionLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Records the refusal of a message. Returns the error that it comes to when it is one too many. */
  spend(error: TypewireError): TypewireError | undefined {
    const { maxRefusals, refusalWindowMs } = this.#limits;
    const nowMs = this.#clock.now();
    const times = this.#times;
    while (times[0] !== undefined && nowMs - times[0] >= refusalWindowMs) times.shift();
    times.push(nowMs);
    if (times.length <= maxRefusals) return undefined;
    return new TypewireError(
      "too-many-errors",
      `Refused more than ${maxRefusals} messages within ${refusalWindowMs} ms, the last: ${error.message}`,
    );
  }
}
