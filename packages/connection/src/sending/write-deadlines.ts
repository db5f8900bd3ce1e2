// How long a peer may let its queue wait: it takes none of it, or leaves too much of it. Looked at by the
// sweep, so times are the sweep's. What follows from a deadline that is missed is the writer's.

import type { ConnectionLimits } from "../limits.ts";

/** The deadlines of one peer. The writer makes this when something waits for the peer first. */
export class WriteDeadlines {
  readonly #limits: ConnectionLimits;
  /** Since when the peer has to take something, or to end; and until when, which is never while it need not. */
  #sinceMs = 0;
  #deadlineMs = Infinity;
  /** Since when the sweep has seen the queue above the soft limit; negative when it is not. */
  #longSinceMs = -1;

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** Whether the peer has to take something, or to end. */
  get isRunning(): boolean {
    return this.#deadlineMs !== Infinity;
  }

  /** From now on the peer has `delayMs`. */
  begin(nowMs: number, delayMs: number): void {
    this.#sinceMs = nowMs;
    this.#deadlineMs = nowMs + delayMs;
  }

  /** Nothing waits for the peer any more. */
  end(): void {
    this.#deadlineMs = Infinity;
  }

  /** The peer lives: puts its deadline off, to `peerRestMs` at most. */
  putOff(nowMs: number): void {
    const { writeStallMs, peerRestMs } = this.#limits;
    const latestMs = this.#sinceMs + peerRestMs;
    if (this.#deadlineMs < latestMs) this.#deadlineMs = Math.min(nowMs + writeStallMs, latestMs);
  }

  /** How long the peer has had so far; 0 while it need not take anything. */
  waitedMs(nowMs: number): number {
    return this.isRunning ? nowMs - this.#sinceMs : 0;
  }

  /** The queue is at most at the soft limit. */
  becameShort(): void {
    this.#longSinceMs = -1;
  }

  /** Whether the peer has let its deadline pass, or for `softQueueMs` more than the soft limit: `excessBytes`. */
  check(nowMs: number, excessBytes: number): "missed" | "long" | undefined {
    if (nowMs >= this.#deadlineMs) return "missed";
    const { softQueueBytes, softQueueMs } = this.#limits;
    if (excessBytes <= softQueueBytes) this.#longSinceMs = -1;
    else if (this.#longSinceMs < 0) this.#longSinceMs = nowMs;
    else if (nowMs - this.#longSinceMs >= softQueueMs) return "long";
    return undefined;
  }
}
