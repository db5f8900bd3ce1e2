// One call that this side makes: what is kept of it until it has settled, which may be on a later connection
// than the first.

import type { CallShape, HostAbortSignal } from "@typewire/protocol";

import { Expiring } from "./call-deadlines.ts";
import type { HeldItems } from "./held-items.ts";
import { ItemInbox } from "./item-inbox.ts";
import type { ItemSource, PumpedItems, PumpOwner } from "./pumped-items.ts";

/** Gets what a call comes to: exactly one of the two, once. */
export interface CallEnd {
  resolve(output: unknown): void;
  /** A `CallError` of this call; or, `isThrown`, what the items that the program sends threw. */
  reject(error: unknown, isThrown?: boolean): void;
}

/** The calls of a connection, as one of them sees them. */
export interface Caller {
  expired(call: OutgoingCall): void;
  aborted(call: OutgoingCall, reason: unknown): void;
  /** The program takes no further items. */
  left(call: OutgoingCall): void;
  grant(call: OutgoingCall, bytes: number): void;
  itemsEnded(call: OutgoingCall): void;
  itemsFailed(call: OutgoingCall, error: unknown): void;
  itemRefused(call: OutgoingCall, error: unknown): void;
}

/** What the program gave. */
export interface CallGiven {
  readonly input: unknown;
  readonly items: ItemSource | undefined;
  /** Milliseconds; 0: none. */
  readonly timeoutMs: number;
  readonly signal: HostAbortSignal | undefined;
}

/** What a call with streams has beside. */
interface Streams {
  readonly items: ItemSource | undefined;
  inbox: ItemInbox | undefined;
  pumped: PumpedItems | undefined;
  /** Whether the items that the program sends have thrown, which ends the call. */
  hasThrown: boolean;
}

/** A call that has not settled, or its remains. */
export class OutgoingCall extends Expiring implements PumpOwner {
  readonly shape: CallShape;
  readonly input: unknown;
  readonly timeoutMs: number;
  readonly signal: HostAbortSignal | undefined;
  readonly #caller: Caller;
  readonly #end: CallEnd;
  /** Undefined where it has none, so that a call without streams does not pay for them. */
  readonly #streams: Streams | undefined;
  /** Settled: nothing is done for it any more. */
  hasEnded = false;
  /** 0 while it waits for a connection, or for a slot. */
  id = 0;
  /** Where its `$call` ends among the bytes of the connection. */
  frameEndsAt = 0;
  /** How often its `$call` was queued. */
  attempts = 0;
  /** On an earlier connection. */
  mayHaveRun = false;

  constructor(caller: Caller, shape: CallShape, given: CallGiven, end: CallEnd) {
    super();
    this.#caller = caller;
    this.#end = end;
    this.shape = shape;
    this.input = given.input;
    this.timeoutMs = given.timeoutMs;
    this.signal = given.signal;
    if (shape.sends || shape.yields) {
      this.#streams = { items: given.items, inbox: undefined, pumped: undefined, hasThrown: false };
    }
  }

  /** What the program sends. */
  get items(): ItemSource | undefined {
    return this.#streams?.items;
  }

  /** Where the call yields, the items that come. */
  get inbox(): ItemInbox | undefined {
    return this.#streams?.inbox;
  }

  /** Whether the items that the program sends have thrown, which ends the call. */
  get hasThrown(): boolean {
    return this.#streams?.hasThrown === true;
  }

  get name(): string {
    return this.shape.name;
  }

  get isStream(): boolean {
    return this.shape.sends || this.shape.yields;
  }

  /** For a call that yields. */
  openInbox(held: HeldItems): void {
    if (this.#streams !== undefined) this.#streams.inbox = new ItemInbox(this, held);
  }

  /** The items that the program sends are on their way; `stopItems` stops them. */
  sends(pumped: PumpedItems): void {
    if (this.#streams !== undefined) this.#streams.pumped = pumped;
    // The iterable may end its own call as it is asked for its iterator.
    if (this.hasEnded || this.id === 0) this.stopItems();
  }

  /** The callee takes so many payload bytes more of what is sent. */
  takeCredit(bytes: number): void {
    this.#streams?.pumped?.grant(bytes);
  }

  settle(output: unknown): void {
    this.#streams?.inbox?.end();
    this.#streams?.inbox?.handOver();
    this.#end.resolve(output);
  }

  /** `keepsItems`: whether items that came before may still be taken. */
  fail(error: unknown, keepsItems: boolean): void {
    const inbox = this.#streams?.inbox;
    if (keepsItems) {
      inbox?.handOver();
      inbox?.fail(error);
    } else inbox?.cut(error);
    this.#end.reject(error, this.hasThrown);
  }

  /** Stops the items that the program sends. What their `return()` throws or rejects with is dropped. */
  stopItems(): void {
    const streams = this.#streams;
    if (streams === undefined) return;
    streams.pumped?.stop()?.catch(() => {});
    streams.pumped = undefined;
  }

  override expire(): void {
    this.#caller.expired(this);
  }

  abort(reason: unknown): void {
    this.#caller.aborted(this, reason);
  }

  grant(bytes: number): void {
    this.#caller.grant(this, bytes);
  }

  leave(): void {
    this.#caller.left(this);
  }

  sourceEnded(): void {
    if (this.#streams !== undefined) this.#streams.pumped = undefined;
    this.#caller.itemsEnded(this);
  }

  sourceFailed(error: unknown): void {
    if (this.#streams !== undefined) {
      this.#streams.pumped = undefined;
      this.#streams.hasThrown = true;
    }
    this.#caller.itemsFailed(this, error);
  }

  itemRefused(error: unknown): void {
    this.#caller.itemRefused(this, error);
  }
}
