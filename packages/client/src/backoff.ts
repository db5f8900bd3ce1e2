// How long to wait before dialling again: full jitter over a growing ceiling, so that a thousand clients
// of a restarted server do not come back in the same instant. (Brooker, "Exponential Backoff And Jitter",
// AWS Architecture Blog, 2015.)

import { milliseconds, type OptionChecks } from "@typewire/connection";

/** How a client comes back after it has lost its connection. */
export interface ReconnectOptions {
  /** Ceiling of the first wait, from 1 ms to 2^31 − 1 ms. Default 500 ms. */
  readonly initialDelayMs?: number;
  /** How much the ceiling grows with each failure; at least 1. Default 1.6. */
  readonly factor?: number;
  /** Ceiling of every wait, the first one too, from 1 ms to 2^31 − 1 ms. Default 30 s. */
  readonly maxDelayMs?: number;
}

export const reconnectOptions: OptionChecks<keyof ReconnectOptions> = {
  initialDelayMs: milliseconds(1),
  // Waits that shrink would come to dialling without a pause.
  factor: {
    expected: "a number from 1",
    allows: (value) => typeof value === "number" && value >= 1,
  },
  maxDelayMs: milliseconds(1),
};

const defaultReconnect = { initialDelayMs: 500, factor: 1.6, maxDelayMs: 30_000 } as const;

/** A server may ask for as long a wait as this: told more, by mistake or in malice, clients come back all the same. */
const MAX_RETRY_HINT_MS = 5 * 60_000;

/** The waits of one client. `random` is uniform in [0, 1), as `Math.random`. */
export class Backoff {
  readonly #options: Required<ReconnectOptions>;
  readonly #random: () => number;
  #ceilingMs: number;

  constructor(options: ReconnectOptions, random: () => number) {
    const {
      initialDelayMs = defaultReconnect.initialDelayMs,
      factor = defaultReconnect.factor,
      maxDelayMs = defaultReconnect.maxDelayMs,
    } = options;
    this.#options = { initialDelayMs, factor, maxDelayMs };
    this.#random = random;
    this.#ceilingMs = this.#lowestCeilingMs;
  }

  /** The next wait is below this. */
  get ceilingMs(): number {
    return this.#ceilingMs;
  }

  /** The next wait in ms: uniform below the ceiling, which then grows. `atLeastMs` is what the peer asked for, taken up to `MAX_RETRY_HINT_MS`. */
  next(atLeastMs = 0): number {
    const { factor, maxDelayMs } = this.#options;
    const delayMs = this.#random() * this.#ceilingMs;
    this.#ceilingMs = Math.min(this.#ceilingMs * factor, maxDelayMs);
    return Math.min(Math.max(0, atLeastMs), MAX_RETRY_HINT_MS) + delayMs;
  }

  /** Starts over. */
  reset(): void {
    this.#ceilingMs = this.#lowestCeilingMs;
  }

  get #lowestCeilingMs(): number {
    const { initialDelayMs, maxDelayMs } = this.#options;
    return Math.min(initialDelayMs, maxDelayMs);
  }
}
