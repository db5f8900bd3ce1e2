// Runs the handlers of a connection's messages, at once or one after the other, and waits for those that return a
// promise: lets no more be under way than may be, notices when none ever settles, and tells the connection which one
// failed. What follows a failure is the connection's; the handlers of calls are `calls/`'s.

import { type Handler, type HandlerOrder, isThenable, promiseOf } from "../handlers.ts";
import type { ConnectionLimits } from "../limits.ts";
import { HOLD, type Inflow } from "./inflow.ts";

/** The connection as its handlers are run for it. */
export interface HandlerRunsOwner {
  /** This handler threw, or its promise was rejected. */
  handlerFailed(handlerName: string, error: unknown): void;
  /** The promise of a handler has settled, one way or the other. */
  handlerSettled(): void;
}

/** The endpoint as the handlers of its connections are run. */
export interface HandlerRunsEndpoint<Self> {
  readonly limits: ConnectionLimits;
  readonly order: HandlerOrder;
  readonly audience: { speaker: Self | undefined };
}

/** With the order `sequential`: the handlers that wait for the one before, made when the first does. */
interface Waiting {
  readonly starts: (() => void)[];
  dropped: number;
}

/** Runs handlers with the connection that they belong to, as its face `Self`. */
export class HandlerRuns<Self> {
  readonly #owner: Self & HandlerRunsOwner;
  readonly #endpoint: HandlerRunsEndpoint<Self>;
  readonly #inflow: Inflow;
  #running = 0;
  #settled = 0;
  #waiting: Waiting | undefined;
  /** Settled handlers that the sweep saw last, and since when; negative while reading does not wait for handlers. */
  #seenSettled = 0;
  #seenAtMs = -1;

  constructor(owner: Self & HandlerRunsOwner, endpoint: HandlerRunsEndpoint<Self>, inflow: Inflow) {
    this.#owner = owner;
    this.#endpoint = endpoint;
    this.#inflow = inflow;
  }

  /** Handlers whose promise has not settled, and those that wait for them. */
  get inFlight(): number {
    return this.#running + (this.#waiting?.starts.length ?? 0);
  }

  /** Messages whose handler was still waiting when `drop` was called. */
  get dropped(): number {
    return this.#waiting?.dropped ?? 0;
  }

  /** Never throws. */
  run<Incoming>(handler: Handler<Incoming, Self>, name: string, message: Incoming): void {
    if (this.#endpoint.order === "sequential" && this.inFlight > 0) {
      this.#waiting ??= { starts: [], dropped: 0 };
      this.#waiting.starts.push(() => this.#start(handler, name, message));
      this.#holdAtMost();
    } else {
      this.#start(handler, name, message);
    }
  }

  /** Begins no handler that still waits. */
  drop(): void {
    const waiting = this.#waiting;
    if (waiting !== undefined) waiting.dropped += waiting.starts.splice(0).length;
  }

  /** Goes on with those that wait, where nothing is in their way. */
  resume(): void {
    const waiting = this.#waiting;
    while (waiting !== undefined && this.#running === 0 && !this.#inflow.isHeld(HOLD.user)) {
      const next = waiting.starts.shift();
      if (next === undefined) return;
      next();
    }
  }

  /** A message came that has no turn any more: the connection waits for its end. */
  passOver(): void {
    this.#waiting ??= { starts: [], dropped: 0 };
    this.#waiting.dropped += 1;
  }

  /**
   * For the sweep: whether reading, or a close (`isEndAwaited`), has waited for handlers for `handlersStallMs`, and
   * none has settled.
   */
  areStuck(nowMs: number, isEndAwaited: boolean): boolean {
    if (!this.#inflow.isHeld(HOLD.handlers) && !(isEndAwaited && this.inFlight > 0)) {
      this.#seenAtMs = -1;
      return false;
    }
    if (this.#seenAtMs < 0 || this.#seenSettled !== this.#settled) {
      this.#seenAtMs = nowMs;
      this.#seenSettled = this.#settled;
    }
    return nowMs - this.#seenAtMs >= this.#endpoint.limits.handlersStallMs;
  }

  /** Waits for a promise of the program's, for its failure to be told and its answer to leave before the end. */
  wait(name: string, result: PromiseLike<unknown>): void {
    this.#running += 1;
    this.#holdAtMost();
    promiseOf(result).then(
      () => this.#settle(),
      (error: unknown) => {
        this.#owner.handlerFailed(name, error);
        this.#settle();
      },
    );
  }

  #start<Incoming>(handler: Handler<Incoming, Self>, name: string, message: Incoming): void {
    const { audience } = this.#endpoint;
    const outer = audience.speaker;
    audience.speaker = this.#owner;
    try {
      const result = handler(message, this.#owner);
      if (isThenable(result)) this.wait(name, result);
    } catch (error) {
      this.#owner.handlerFailed(name, error);
    } finally {
      audience.speaker = outer;
    }
  }

  #holdAtMost(): void {
    if (this.inFlight >= this.#endpoint.limits.handlersInFlight) this.#inflow.hold(HOLD.handlers);
  }

  #settle(): void {
    this.#running -= 1;
    this.#settled += 1;
    this.resume();
    const isFew = this.inFlight < this.#endpoint.limits.handlersInFlight / 2;
    if (isFew && this.#inflow.isHeld(HOLD.handlers)) this.#inflow.release(HOLD.handlers);
    this.#owner.handlerSettled();
  }
}
