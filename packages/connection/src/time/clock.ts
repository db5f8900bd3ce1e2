// Time, passed in: every delay and deadline of a connection goes through a `Clock`, so that tests own it. The
// durations that a program gives are checked by `milliseconds` of `option-checks.ts`.

import { MAX_TIMER_MS } from "../longest-timer.ts";

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
