// Calls a connection's handlers and waits for those that return a promise: lets no more be under way than
// may be, notices when none ever settles, and tells the connection which one failed. What follows a failure
// is the connection's.

import { type Handler, isThenable } from "../handlers.ts";
import type { ConnectionLimits } from "../limits.ts";
import { HOLD, type Inflow } from "./inflow.ts";

/** The connection as the caller of its handlers sees it. */
export interface HandlerCallsOwner {
  /** This handler threw, or its promise was rejected. */
  handlerFailed(handlerName: string, error: unknown): void;
  /** The promise of a handler has settled, one way or the other. */
  handlerSettled(): void;
}

/** Calls handlers with the connection that they belong to, as its face `Self`. */
export class HandlerCalls<Self> {
  readonly #owner: Self & HandlerCallsOwner;
  readonly #limits: ConnectionLimits;
  readonly #inflow: Inflow;
  #inFlight = 0;
  #settled = 0;
  /** Settled handlers that the sweep saw last, and since when; negative while reading does not wait for handlers. */
  #seenSettled = 0;
  #seenAtMs = -1;

  constructor(owner: Self & HandlerCallsOwner, limits: ConnectionLimits, inflow: Inflow) {
    this.#owner = owner;
    this.#limits = limits;
    this.#inflow = inflow;
  }

  /** Handlers whose promise has not settled. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Never throws. */
  call<Incoming>(handler: Handler<Incoming, Self>, name: string, message: Incoming): void {
    try {
      const result = handler(message, this.#owner);
      if (isThenable(result)) this.wait(name, result);
    } catch (error) {
      this.#owner.handlerFailed(name, error);
    }
  }

  /** For the sweep: whether reading, or a close, has waited for handlers for `handlersStallMs`, and none has settled. */
  areStuck(nowMs: number): boolean {
    if (!this.#inflow.isHeld(HOLD.handlers) && !this.#inflow.isHeld(HOLD.ending)) {
      this.#seenAtMs = -1;
      return false;
    }
    if (this.#seenAtMs < 0 || this.#seenSettled !== this.#settled) {
      this.#seenAtMs = nowMs;
      this.#seenSettled = this.#settled;
    }
    return nowMs - this.#seenAtMs >= this.#limits.handlersStallMs;
  }

  /** Waits for a promise of the program's, for its failure to be told and its answer to leave before the end. */
  wait(name: string, result: PromiseLike<unknown>): void {
    this.#inFlight += 1;
    if (this.#inFlight >= this.#limits.handlersInFlight) this.#inflow.hold(HOLD.handlers);
    result.then(
      () => this.#settle(),
      (error: unknown) => {
        this.#owner.handlerFailed(name, error);
        this.#settle();
      },
    );
  }

  #settle(): void {
    this.#inFlight -= 1;
    this.#settled += 1;
    const isFew = this.#inFlight < this.#limits.handlersInFlight / 2;
    if (isFew && this.#inflow.isHeld(HOLD.handlers)) this.#inflow.release(HOLD.handlers);
    this.#owner.handlerSettled();
  }
}
