// What the calls of a connection need of the connection, and nothing more: bytes, sockets and the codec stay
// on the other side of this interface.

import type { Call, Cancel, Credit, Drain, End, Item, Result } from "@typewire/protocol";

/** What the two ends of calls say to each other. */
export type CallFrame = Call | Item | End | Credit | Cancel | Result | Drain;

/** The connection, as its calls see it. `Self` is its face, which handlers get. */
export interface CallLink<Self = unknown> {
  readonly connection: Self;
  /** What `authenticate` made of the connection. */
  readonly context: unknown;
  /**
   * Queues one message of the call named `call`; returns the bytes of its payload. After the end of the
   * connection it queues nothing and returns 0. It may end the connection: `ended` is called within, then.
   *
   * @throws TypewireError where the message does not fit its schema or the peer's limits; nothing is queued.
   */
  send(message: CallFrame, call: string): number;
  /** Bytes that wait for the peer. */
  readonly queuedBytes: number;
  /** Bytes queued since the connection began: where the last frame ends. */
  readonly queuedTo: number;
  /** Bytes that have left since the connection began: a frame that ends at or before it has left whole. */
  readonly leftTo: number;
  /** Until `uncork`, what is queued may wait to be written: it leaves in one write. */
  cork(): void;
  uncork(): void;
  /** The handler of `call` failed: the peer is told nothing of `error`, the log all of it. */
  handlerFailed(call: string, error: unknown): void;
  /** The handler of `call` has gone on for `forMs` after its call had ended. */
  handlerStuck(call: string, forMs: number): void;
  /**
   * Items that wait take so many bytes of memory more. Where all connections together then hold more than they may,
   * those with most end, and this one may be among them: `ended` is called within, then.
   */
  holds(memoryBytes: number): void;
  /** Ends the connection because of its calls. */
  end(code: "internal" | "too-many-errors", message: string): void;
  /** After `drain` at either end: no call is under way any more. `drain` is the peer's. */
  callsEnded(drain?: Drain): void;
}

/** Milliseconds that a call without streams may take where nothing else is said. */
export const DEFAULT_TIMEOUT_MS = 30_000;
