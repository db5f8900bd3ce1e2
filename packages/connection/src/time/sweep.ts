// One timer for all connections of an endpoint, instead of several for each: it looks at their deadlines
// a few times within the shortest of them, and stops when no connection is left. Its time is that in which
// this process ran: a process that was stopped, or busy, does not blame its peers for that time.

import type { ConnectionLimits } from "../limits.ts";
import type { Cancel, Clock } from "./clock.ts";

/** Something with deadlines. */
export interface Sweepable {
  /** Looks at the deadlines; `nowMs` is the sweep's time. Never throws. May leave the sweep. */
  check(nowMs: number): void;
}

/** So many looks within the shortest limit: a verdict is late by a quarter of it at most. */
const LOOKS_PER_LIMIT = 8;
const SHORTEST_PERIOD_MS = 50;
const LONGEST_PERIOD_MS = 1_000;

/** Most time that one look may add, in periods: beyond it this process was stopped or busy. */
const MOST_PERIODS_PER_LOOK = 2;

/** The live connections of an endpoint, and the timer that looks at them. */
export class Sweep<Member extends Sweepable> {
  readonly periodMs: number;
  readonly #clock: Clock;
  readonly #members = new Set<Member>();
  #cancel: Cancel | undefined;
  /** The sweep's time at the last look, and the clock's. */
  #nowMs = 0;
  #lookedAtMs = 0;

  constructor(clock: Clock, periodMs: number) {
    this.#clock = clock;
    this.periodMs = periodMs;
  }

  get members(): ReadonlySet<Member> {
    return this.#members;
  }

  /** Milliseconds in which this process ran, since some fixed moment. */
  now(): number {
    if (this.#cancel === undefined) return this.#nowMs;
    return this.#nowMs + this.#elapsedMs();
  }

  add(member: Member): void {
    this.#members.add(member);
    if (this.#cancel !== undefined) return;
    this.#lookedAtMs = this.#clock.now();
    this.#lookIn(this.periodMs);
  }

  /** Returns whether it was there. */
  delete(member: Member): boolean {
    const wasThere = this.#members.delete(member);
    if (this.#members.size === 0 && this.#cancel !== undefined) {
      this.#nowMs = this.now();
      this.#cancel();
      this.#cancel = undefined;
    }
    return wasThere;
  }

  #elapsedMs(): number {
    const elapsedMs = this.#clock.now() - this.#lookedAtMs;
    return Math.min(elapsedMs, MOST_PERIODS_PER_LOOK * this.periodMs);
  }

  #lookIn(delayMs: number): void {
    this.#cancel = this.#clock.after(delayMs, this.#look);
  }

  readonly #look = (): void => {
    const wasAwayMs = this.#clock.now() - this.#lookedAtMs;
    this.#nowMs += this.#elapsedMs();
    this.#lookedAtMs = this.#clock.now();
    if (wasAwayMs > MOST_PERIODS_PER_LOOK * this.periodMs) {
      // Bytes that came while the process was away are read before any peer is judged.
      this.#lookIn(0);
      return;
    }
    this.#lookIn(this.periodMs);
    const nowMs = this.#nowMs;
    for (const member of this.#members) member.check(nowMs);
  };
}

/** How often connections with these limits are looked at. */
export function sweepPeriodMs(limits: ConnectionLimits): number {
  const shortestMs = Math.min(
    limits.frameDeadlineMs,
    limits.heartbeatIntervalMs || Infinity,
    limits.softQueueMs,
    limits.writeStallMs,
    limits.handlersStallMs,
    limits.lingerMs,
    limits.requireHello ? limits.helloDeadlineMs : Infinity,
  );
  const periodMs = Math.floor(shortestMs / LOOKS_PER_LIMIT);
  return Math.min(LONGEST_PERIOD_MS, Math.max(SHORTEST_PERIOD_MS, periodMs));
}
