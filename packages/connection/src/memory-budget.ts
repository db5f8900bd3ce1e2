// The one bound on what all connections of an endpoint hold together: queued output, frames that are not
// whole, backlogs of chunks. Above it the connection that holds most is destroyed, until it is below.
// What a turn of the event loop adds is no connection's fault before the loop has turned: no connection is
// destroyed for it, but nothing more is taken. Counting exactly would cost every message, so it counts how much
// could have been added, and looks exactly only when that could have passed the bound.

import type { Clock } from "./time/clock.ts";

/** A connection as the budget sees it. */
export interface Holder {
  /**
   * Bytes held, shared ones counted in full, without those that this turn has sent. The connection with the most
   * is destroyed first.
   */
  readonly heldBytes: number;
  /** Bytes of memory; ready-made frames that many share are put into `shared` instead. */
  memoryBytes(shared: Set<Uint8Array>): number;
  /** Ends the connection at once, because all together hold more than the limit. */
  destroyAsLargest(limitBytes: number): void;
}

/** A byte queued takes up to two of memory, because buffers grow by doubling. */
const MEMORY_PER_BYTE = 2;

/** How far above the bound memory may get before a look at it, which costs some ten thousand steps. */
const TOLERANCE = 1 / 64;

/** The last part of the bound is not for bursts: what follows them within the bound destroys no one. */
const BURST_SHARE = 7 / 8;

/** Watches the memory of an endpoint's connections. */
export class MemoryBudget {
  readonly maxBytes: number;
  readonly #holders: Iterable<Holder>;
  /** Bytes that may still be added before the next look. */
  #allowance: number;

  readonly #clock: Clock;
  /** Until the loop has turned: what was found at the last look. */
  #state: "enough" | "scarce" | "full" = "enough";

  constructor(maxBytes: number, holders: Iterable<Holder>, clock: Clock) {
    this.maxBytes = maxBytes;
    this.#clock = clock;
    this.#holders = holders;
    this.#allowance = this.#allowanceAt(0);
  }

  /** Whether this turn of the event loop has used up what is for bursts. */
  get isScarce(): boolean {
    return this.#state !== "enough";
  }

  /** Whether nothing more can be held in this turn. */
  get isFull(): boolean {
    return this.#state === "full";
  }

  /** Counts bytes that are now held. True: it is time for `relieve`. */
  add(bytes: number): boolean {
    this.#allowance -= bytes;
    return this.#allowance < 0;
  }

  /** Looks exactly, and destroys the largest holders until the sum is within the bound. */
  relieve(): void {
    // `destroyAsLargest` may run handlers that send; `add` asks for no second look within this one.
    this.#allowance = Infinity;
    let bytes = this.#measure();
    while (bytes > this.maxBytes) {
      const largest = this.#largest();
      if (largest === undefined) break;
      largest.destroyAsLargest(this.maxBytes);
      bytes = this.#measure();
    }
    this.#allowance = this.#allowanceAt(bytes);
    if (bytes > this.maxBytes) this.#enter("full");
    else if (bytes > this.maxBytes * BURST_SHARE) this.#enter("scarce");
  }

  /** Until the loop has turned. */
  #enter(state: "scarce" | "full"): void {
    if (this.#state === "enough") {
      this.#clock.after(0, () => {
        this.#state = "enough";
      });
    }
    this.#state = state;
  }

  #allowanceAt(bytes: number): number {
    const free = (this.maxBytes - bytes) / MEMORY_PER_BYTE;
    return Math.max(free, this.maxBytes * TOLERANCE);
  }

  #measure(): number {
    const shared = new Set<Uint8Array>();
    let bytes = 0;
    for (const holder of this.#holders) bytes += holder.memoryBytes(shared);
    for (const frame of shared) bytes += frame.length;
    return bytes;
  }

  #largest(): Holder | undefined {
    let largest: Holder | undefined;
    for (const holder of this.#holders) {
      if (holder.heldBytes > (largest?.heldBytes ?? 0)) largest = holder;
    }
    return largest;
  }
}
