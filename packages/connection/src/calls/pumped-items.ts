// The items of one call in one direction on their way out: pulled from an iterable as the peer's credit allows, and
// sent while a slice has room. What a slice is, and whose turn it is, is `ItemPump`'s.

import { isThenable } from "../handlers.ts";
import { WINDOW_BYTES } from "../limit-rows.ts";
import type { CallLink } from "./call-link.ts";

/** However much a peer grants. */
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
export interface Slices {
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

  /** @throws whatever `source` throws when it is asked for its iterator; TypeError where it has none. */
  constructor(slices: Slices, owner: PumpOwner, source: ItemSource) {
    this.#slices = slices;
    this.#owner = owner;
    this.#iterator = iterate(source);
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

function iterate(source: ItemSource): Iteration {
  const iterator: Partial<Iteration> | undefined =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  // Else the program would read of a private field of ours.
  if (typeof iterator?.next !== "function")
    throw new TypeError("What was given as items is no iterable: its iterator has no next()");
  return iterator as Iteration;
}
