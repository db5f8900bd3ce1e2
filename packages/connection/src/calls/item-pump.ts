// Sends the items of a connection's streams: pulls an iterable as the peer's credit allows, in slices that
// leave in one write each. A generator needs three microtasks for an item, and output leaves at the end of
// the microtasks: without slices each item would be a write of its own. Between two slices the event loop
// turns, also where a generator never waits.

import { isThenable } from "../handlers.ts";
import type { Cancel, Clock } from "../time/clock.ts";
import { WINDOW_BYTES } from "../limit-rows.ts";
import type { CallLink } from "./call-link.ts";

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

const MOST_CREDIT = Number.MAX_SAFE_INTEGER;

/** Anything that a program gives as items. A text is none, though it can be iterated: it is meant as one item. */
export type ItemSource = AsyncIterable<unknown> | (Iterable<unknown> & object);

/** Whether a program gave items. */
export function isItemSource(given: unknown): given is ItemSource {
  if (typeof given !== "object" || given === null) return false;
  return Symbol.asyncIterator in given || Symbol.iterator in given;
}

/** The call, as the pump of its items sees it. At most one of the three is called, and none after `stop`. */
export interface PumpOwner {
  readonly id: number;
  readonly name: string;
  /** The source has ended, with its return value. */
  sourceEnded(value: unknown): void;
  /** The source threw. */
  sourceFailed(error: unknown): void;
  /** An item does not fit; the source is not closed yet. */
  itemRefused(error: unknown): void;
}

/** The connection's share in the pump: its streams, its slices. */
interface Slices {
  readonly link: Pick<CallLink, "send">;
  /** Whether a slice may begin at once: no stream waits for its turn, and none has had this one of the event loop. */
  readonly isIdle: boolean;
  /** Whether a stream with this window may queue an item now. Begins a slice where none is open. */
  admits(windowBytes: number): boolean;
  /** So many bytes were queued in this slice; `isLast`: the stream has no credit for more, which ends the slice. */
  spend(bytes: number, isLast: boolean): void;
  /** The stream goes on when its turn comes. */
  enqueue(stream: PumpedItems): void;
  /** The stream has ended: it needs no turn. */
  dequeue(stream: PumpedItems): void;
}

type Iteration = Iterator<unknown, unknown> | AsyncIterator<unknown, unknown>;

/** What waits in a stream that has no item in hand. */
const NOTHING = Symbol("nothing");

/** The items of one call in one direction, on their way out. */
export class PumpedItems {
  readonly #slices: Slices;
  readonly #owner: PumpOwner;
  readonly #iterator: Iteration;
  #credit = WINDOW_BYTES;
  /** The most credit that it has had. */
  #windowBytes = WINDOW_BYTES;
  /** An item that was pulled when no slice had room for it. */
  #inHand: unknown = NOTHING;
  #isOver = false;
  #isPulling = false;
  /** The source's `next` is on the stack. */
  #isStepping = false;
  #isQueued = false;

  constructor(slices: Slices, owner: PumpOwner, iterator: Iteration) {
    this.#slices = slices;
    this.#owner = owner;
    this.#iterator = iterator;
  }

  /** Its first item is sent when its turn comes. */
  wait(): void {
    this.#enqueue();
  }

  /**
   * Asks the source for its first item now: the body of a generator begins with its first `next`. One that is there at
   * once waits in hand for its turn, since what has come behind the call decides how large a slice is.
   */
  begin(): void {
    if (!this.#isOver) void this.#pull(true);
  }

  /** The peer takes so many payload bytes more. */
  grant(bytes: number): void {
    const wasParked = this.#credit <= 0;
    this.#credit = Math.min(MOST_CREDIT, this.#credit + bytes);
    this.#windowBytes = Math.max(this.#windowBytes, this.#credit);
    if (!wasParked || this.#isPulling) return;
    if (this.#slices.isIdle) this.resume();
    else this.#enqueue();
  }

  /**
   * Ends it before the source has ended: `return()` of the source is called at once, also where a `next()` is
   * pending. Where the source itself has ended it, in its `next`, that returns first: a generator that runs cannot be
   * returned. Settles as `return()` does; undefined where the source has none, or is over.
   */
  stop(): Promise<unknown> | undefined {
    if (this.#isOver) return undefined;
    this.#isOver = true;
    this.#inHand = NOTHING;
    this.#slices.dequeue(this);
    return this.#isStepping ? Promise.resolve().then(() => this.#return()) : this.#return();
  }

  #return(): Promise<unknown> | undefined {
    try {
      const returned = this.#iterator.return?.(undefined);
      return isThenable(returned) ? Promise.resolve(returned) : undefined;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** For the pump: its turn has come. */
  resume(): void {
    this.#isQueued = false;
    if (!this.#isOver && !this.#isPulling) void this.#pull();
  }

  #enqueue(): void {
    if (this.#isOver || this.#isQueued) return;
    this.#isQueued = true;
    this.#slices.enqueue(this);
  }

  /**
   * Pulls and sends until there is no credit, no room in the slice, or no more. Where it `begins`, it pulls a first item
   * without asking for room. Never rejects.
   */
  async #pull(begins = false): Promise<void> {
    this.#isPulling = true;
    let goesOn = true;
    while (goesOn && this.#credit > 0) {
      if (!begins && !this.#slices.admits(this.#windowBytes)) {
        this.#enqueue();
        break;
      }
      if (this.#inHand !== NOTHING) {
        const item = this.#inHand;
        this.#inHand = NOTHING;
        goesOn = this.#send(item);
        continue;
      }
      let step: unknown;
      try {
        step = this.#step();
        if (isThenable(step)) {
          step = await step;
          // What came with the call has been read.
          begins = false;
        }
      } catch (error) {
        if (!this.#isOver) this.#fail(error);
        break;
      }
      goesOn = !this.#isOver && this.#take(step, begins);
    }
    this.#isPulling = false;
  }

  #step(): unknown {
    this.#isStepping = true;
    try {
      return this.#iterator.next();
    } finally {
      this.#isStepping = false;
    }
  }

  /** Whether it goes on. */
  #take(step: unknown, begins: boolean): boolean {
    let isDone: boolean;
    let value: unknown;
    try {
      // As `for await` does: else a source that answers numbers would be an endless stream.
      if (typeof step !== "object" || step === null)
        throw new TypeError(`${typeof step} is no step of an iterator`);
      // Getters of the source may throw.
      const { done, value: given } = step as IteratorResult<unknown>;
      isDone = done === true;
      value = given;
    } catch (error) {
      this.#fail(error);
      return false;
    }
    if (isDone) {
      this.#isOver = true;
      this.#owner.sourceEnded(value);
      return false;
    }
    if (!begins && this.#slices.admits(this.#windowBytes)) return this.#send(value);
    this.#inHand = value;
    this.#enqueue();
    return false;
  }

  #send(item: unknown): boolean {
    const { id, name } = this.#owner;
    let bytes: number;
    try {
      bytes = this.#slices.link.send({ type: "$item", id, item }, name);
    } catch (error) {
      this.#owner.itemRefused(error);
      return false;
    }
    // `send` may have ended the connection, and all its streams. Of one that ends, nothing is queued any more: a
    // source that never waits would be pulled for ever.
    if (this.#isOver || bytes === 0) return false;
    this.#credit -= bytes;
    this.#slices.spend(bytes, this.#credit <= 0);
    return true;
  }

  #fail(error: unknown): void {
    this.#isOver = true;
    this.#owner.sourceFailed(error);
  }
}

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
    return new PumpedItems(this, owner, iterate(source));
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

function iterate(source: ItemSource): Iteration {
  const iterator: Partial<Iteration> | undefined =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  // Else the program would read of a private field of ours.
  if (typeof iterator?.next !== "function")
    throw new TypeError("What was given as items is no iterable: its iterator has no next()");
  return iterator as Iteration;
}
