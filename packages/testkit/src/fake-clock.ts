// A clock that stands still until a test moves it: deadlines become exact, and no test sleeps.

import type { Cancel, Clock } from "@typewire/connection";

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** Time in the hands of a test. */
export class FakeClock implements Clock {
  #nowMs = 0;
  #timers: Timer[] = [];

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): Cancel {
    const timer: Timer = { dueMs: this.#nowMs + Math.max(0, delayMs), callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** How many callbacks are waiting. A test that ends with some has found a leak. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Moves time on and calls back what comes due, in order; each sees the time it was due at. */
  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (;;) {
      const due = this.#timers.filter((timer) => timer.dueMs <= untilMs);
      const first = due.reduce<Timer | undefined>(
        (earliest, timer) =>
          earliest === undefined || timer.dueMs < earliest.dueMs ? timer : earliest,
        undefined,
      );
      if (first === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== first);
      this.#nowMs = Math.max(this.#nowMs, first.dueMs);
      first.callback();
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /** Lets time pass without calling back: a process that works, or sleeps, for so long. */
  pass(byMs: number): void {
    this.#nowMs += byMs;
  }
}
