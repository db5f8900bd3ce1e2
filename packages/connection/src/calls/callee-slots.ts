// The slots of one connection at the side that answers: how many calls and streams are open, how many of their
// handlers are stuck, and how often the peer has gone beyond what was announced to it.

/** How many calls of each kind one connection may have open. */
export interface SlotLimits {
  readonly maxCalls: number;
  readonly maxStreams: number;
}

/** So many calls beyond the slots that this side has announced are forgiven in `EXCESS_WINDOW_MS`. */
const MOST_EXCESS = 100;
const EXCESS_WINDOW_MS = 10_000;

/** Counts only: what follows from a count is `IncomingCalls`' business. */
export class CalleeSlots {
  readonly #limits: SlotLimits;
  #calls = 0;
  #streams = 0;
  #stuckCalls = 0;
  #stuckStreams = 0;
  #excess = 0;
  #excessSinceMs = 0;

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  /** Calls beyond the slots since the first that still counts. */
  get excess(): number {
    return this.#excess;
  }

  /** Calls whose handlers are stuck. */
  get stuck(): number {
    return this.#stuckCalls + this.#stuckStreams;
  }

  has(isStream: boolean): boolean {
    const { maxCalls, maxStreams } = this.#limits;
    return isStream ? this.#streams < maxStreams : this.#calls < maxCalls;
  }

  take(isStream: boolean): void {
    if (isStream) this.#streams += 1;
    else this.#calls += 1;
  }

  free({ isStream, isStuck }: { readonly isStream: boolean; readonly isStuck: boolean }): void {
    if (isStream) this.#streams -= 1;
    else this.#calls -= 1;
    if (!isStuck) return;
    if (isStream) this.#stuckStreams -= 1;
    else this.#stuckCalls -= 1;
  }

  /** A handler of this kind is stuck. True where those of all slots are. */
  stick(isStream: boolean): boolean {
    const { maxCalls, maxStreams } = this.#limits;
    if (isStream) return (this.#stuckStreams += 1) >= maxStreams;
    return (this.#stuckCalls += 1) >= maxCalls;
  }

  /** A call came beyond the slots. True where too many have. */
  exceed(nowMs: number): boolean {
    if (this.#excess === 0 || nowMs - this.#excessSinceMs > EXCESS_WINDOW_MS) {
      this.#excess = 0;
      this.#excessSinceMs = nowMs;
    }
    this.#excess += 1;
    return this.#excess > MOST_EXCESS;
  }

  /** All slots of a kind, in words. */
  describe(isStream: boolean): string {
    const { maxCalls, maxStreams } = this.#limits;
    return isStream ? `${maxStreams} streams` : `${maxCalls} calls`;
  }
}
