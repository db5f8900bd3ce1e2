// Sends the items of a connection's streams in turn, in slices that leave in one write each. A generator needs three
// microtasks for an item, and output leaves at the end of the microtasks: without slices each item would be a write
// of its own. Between two slices the event loop turns, also where a generator never waits. How one stream is pulled is
// `PumpedItems`'.

import type { Cancel, Clock } from "../time/clock.ts";
import type { CallLink } from "./call-link.ts";
import { type ItemSource, PumpedItems, type PumpOwner, type Slices } from "./pumped-items.ts";

/**
 * The most that one slice puts into the queue: it decides the throughput of a stream that is alone. With its headers it
 * stays below `MOST_QUEUED_BYTES`; two chunks of 32 KiB are a slice, which is 1.1 times as fast as one.
 */
export const SLICE_BYTES = 56 * 1024;

/** Slices that the peer's window has room for. With two, each end waits for the other: three quarters of the throughput. */
const SLICES_IN_WINDOW = 4;

/** The most beside other calls, which decides the delay of a small one: 2 KiB cost up to 30 % of the throughput, and take a fifth of the time. */
const SLICE_BYTES_BESIDE_OTHERS = 2 * 1024;

/** So long after a call was made another is expected: most are answered before the next slice could see them. */
const EXPECTED_MS = 100;

/** With more than so many bytes waiting for the peer no item is queued, so that a small result waits for no more. */
export const MOST_QUEUED_BYTES = 64 * 1024;

/** The calls of the connection, as they decide how large a slice is. */
interface OtherCalls {
  /** Open ones, the stream's own included. */
  readonly inFlight: number;
  /** Changes with each call that is made. */
  readonly made: number;
}

/** The streams that one connection sends. */
export class ItemPump implements Slices {
  readonly link: CallLink;
  readonly #clock: Clock;
  readonly #calls: OtherCalls;
  /** `OtherCalls.made` when it was looked at last. */
  #made = 0;
  #expectedUntilMs = Number.NEGATIVE_INFINITY;
  /** In turn. A set, since streams that are opened and ended faster than turns come must leave nothing here. */
  readonly #ready = new Set<PumpedItems>();
  /** Bytes that the slice of this turn may still queue, 0 or less once it has left; negative infinity before there is one. */
  #left = Number.NEGATIVE_INFINITY;
  #cancel: Cancel | undefined;
  #isOver = false;

  constructor(link: CallLink, clock: Clock, calls: OtherCalls) {
    this.link = link;
    this.#clock = clock;
    this.#calls = calls;
  }

  /**
   * Makes the items of `source` ready to be sent, which `wait` or `begin` begins.
   *
   * @throws whatever `source` throws when it is asked for its iterator; TypeError where it has none.
   */
  start(owner: PumpOwner, source: ItemSource): PumpedItems {
    // The stream is a call itself.
    this.#made = this.#calls.made;
    return new PumpedItems(this, owner, source);
  }

  /** Fewer bytes wait for the peer than before. */
  drained(): void {
    if (this.#ready.size > 0 && !this.#isFull) this.#schedule();
  }

  /** The connection has ended; its calls stop their streams themselves. */
  ended(): void {
    this.#isOver = true;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#ready.clear();
  }

  get isIdle(): boolean {
    return this.#cancel === undefined && !this.#isOver && !this.#isFull;
  }

  admits(windowBytes: number): boolean {
    if (this.#isOver || this.#isFull) return false;
    if (this.#left === Number.NEGATIVE_INFINITY) {
      const aloneBytes = Math.min(SLICE_BYTES, windowBytes / SLICES_IN_WINDOW);
      this.#left = this.#isShared ? SLICE_BYTES_BESIDE_OTHERS : aloneBytes;
      this.link.cork();
      this.#schedule();
    }
    return this.#left > 0;
  }

  spend(bytes: number, isLast: boolean): void {
    this.#left = isLast ? 0 : this.#left - bytes;
    if (this.#left <= 0) this.link.uncork();
  }

  enqueue(stream: PumpedItems): void {
    if (this.#isOver) return;
    this.#ready.add(stream);
    // While too much waits, `drained` goes on.
    if (!this.#isFull) this.#schedule();
  }

  dequeue(stream: PumpedItems): void {
    this.#ready.delete(stream);
  }

  get #isFull(): boolean {
    return this.link.queuedBytes > MOST_QUEUED_BYTES;
  }

  /** Whether other calls are open on this connection, or one was made lately. */
  get #isShared(): boolean {
    const { inFlight, made } = this.#calls;
    if (inFlight > 1) return true;
    const nowMs = this.#clock.now();
    if (made !== this.#made) this.#expectedUntilMs = nowMs + EXPECTED_MS;
    this.#made = made;
    return nowMs < this.#expectedUntilMs;
  }

  #schedule(): void {
    this.#cancel ??= this.#clock.after(0, this.#turn);
  }

  /** Ends the slice, and begins the next for the stream whose turn it is. */
  readonly #turn = (): void => {
    this.#cancel = undefined;
    if (this.#left > 0) this.link.uncork();
    this.#left = Number.NEGATIVE_INFINITY;
    const [next] = this.#ready;
    if (this.#isOver || next === undefined || this.#isFull) return;
    this.#ready.delete(next);
    next.resume();
    // Where it had nothing to send, no slice has begun.
    if (this.#ready.size > 0) this.#schedule();
  };
}
