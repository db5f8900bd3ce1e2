// Time, passed in: every delay and deadline of a connection goes through a `Clock`, so that tests own it; and
// every duration that a program gives goes through `requireDuration`.

import { TypewireError } from "@typewire/protocol";

import { tellOption } from "../option-value.ts";

/** The longest time that a timer of the host takes, 24.8 days: beyond it, it fires at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** Takes back what `Clock.after` has promised; harmless afterwards. */
export type Cancel = () => void;

/** A source of time. */
export interface Clock {
  /** Milliseconds since some fixed moment, never going back. */
  now(): number;
  /**
   * Calls back once after `delayMs`; 0 means as soon as the event loop has looked at its sockets. May be
   * longer than `MAX_TIMER_MS`; with Infinity it never calls.
   */
  after(delayMs: number, callback: () => void): Cancel;
}

/** The machine's monotonic clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, callback) {
    // A timer of 0 ms takes 1.1 ms in Bun, and a large broadcast waits for a dozen of them.
    if (delayMs <= 0) {
      const immediate = setImmediate(callback);
      return () => clearImmediate(immediate);
    }
    if (delayMs > MAX_TIMER_MS) {
      let cancel = systemClock.after(MAX_TIMER_MS, () => {
        cancel = systemClock.after(delayMs - MAX_TIMER_MS, callback);
      });
      return () => cancel();
    }
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/**
 * `value`, where it is a duration that the option `name` may have: from `leastMs` to `MAX_TIMER_MS`.
 *
 * @throws TypewireError `option-invalid` naming the option: also for NaN, Infinity, and what is no number.
 */
export function requireDuration(name: string, value: number, leastMs = 1): number {
  if (typeof value === "number" && value >= leastMs && value <= MAX_TIMER_MS) return value;
  throw new TypewireError(
    "option-invalid",
    `${name}: expected milliseconds from ${leastMs} to ${MAX_TIMER_MS}, got ${tellOption(value)}`,
  );
}
