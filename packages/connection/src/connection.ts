// The face of one live connection: what a program, in a handler or outside of one, may ask of it. How it
// works is `LiveConnection`'s; dialling, accepting and coming back are its owner's.

import type { AnyMessage, Hello } from "@typewire/protocol";

import type { CloseCode, CloseOptions, CloseReason } from "./close-reason.ts";
import type { ConnectionStats } from "./stats.ts";
import type { WaitOptions } from "./time/waiting.ts";

/**
 * - `connecting`: no socket yet; for a client, also until the server's first valid message.
 * - `open`: messages go both ways.
 * - `draining`: the reason of the end is known; what was sent still leaves, what arrives is discarded.
 * - `closed`: the socket is gone.
 */
export type ConnectionState = "connecting" | "open" | "draining" | "closed";

/** One live pair of ends. `Outgoing` are the messages that this side sends. */
export interface Connection<Outgoing extends AnyMessage> {
  /** The peer's address, for a log: `127.0.0.1:55783`, `unix:3`. */
  readonly name: string;
  readonly state: ConnectionState;
  /** Why the connection ends or has ended; undefined until something ends it. */
  readonly closeReason: CloseReason | undefined;
  /** Resolves with the reason once the state is `closed`; never rejects. */
  readonly closed: Promise<CloseReason>;
  /** Whether messages could ever go both ways: false for a peer that never proved the secret. */
  readonly wasOpen: boolean;
  /** The peer's `$hello`; undefined before it came, and for a peer that says none. */
  readonly peerHello: Hello | undefined;
  /** Bytes sent that the socket has not taken yet. */
  readonly queuedBytes: number;
  /** What the connection has done so far, in numbers. */
  readonly stats: ConnectionStats;

  /**
   * Queues a message; all that one turn of the event loop sends is written together at its end. Throws for
   * the sender's own mistakes only, not because the peer has left. False means that the queue is above the soft
   * limit, and the message in it; or that the message is undelivered, counted, and told to `onUndelivered`,
   * because the connection has ended, its peer has not proved the secret yet, or this turn of the event loop
   * has sent more than `maxBufferedBytes`. It never means that the message should be sent again. `ready` says
   * when there is room, or that there will be none.
   *
   * @throws TypewireError `schema-mismatch` or `unknown-type` where it is not a message of this side,
   * `frame-too-large` or `cbor-limit` where the peer does not accept its size: then the message is counted
   * as undelivered besides, and told to `onUndelivered`. The connection goes on as if nothing had been sent.
   */
  send(message: Outgoing): boolean;

  /**
   * Resolves when the queue is at most at the soft limit, and the peer has proved the secret; `options` say
   * when to give up. Unhandled, a rejection does not end the process.
   *
   * @throws TypewireError (as a rejection) `connection-closed` after the end, `deadline-exceeded` after
   * `timeoutMs`, `option-invalid`; and the signal's reason once it is aborted.
   */
  ready(options?: WaitOptions): Promise<void>;

  /**
   * Ends in order: says `$bye`, and everything that was sent still leaves. Nothing more is received.
   * Harmless when the end has begun before. Resolves as `closed` does.
   *
   * @throws TypewireError `option-invalid` where an option is not known or not possible, or `retryAfterMs` stands
   * beside `final`.
   */
  close(options?: CloseOptions): Promise<CloseReason>;

  /** Ends at once: drops what has not left and resets the socket. `code` and `message` become the reason. */
  destroy(code?: CloseCode, message?: string): void;

  /**
   * Hands nothing more to handlers until `resume`. For a user slower than the peer. This side reads on until
   * 16 KiB are kept, then rests, so that the peer feels it, and does not hear that the peer has ended. While
   * paused it says every 3 s that it lives; a peer of ours waits two minutes for one that rests.
   */
  pause(): void;

  /** Goes on where `pause` has stopped. */
  resume(): void;
}
