// What one connection may cost, as one object. Every limit says its unit, its default and its attack.
// Limits of time are looked at by one sweep for all connections: a verdict may fall late by up to two
// looks, never early (ADR 0024).

import { defaultLimits, type MessageLimits, TypewireError } from "@typewire/protocol";

/**
 * Limits of one connection. `maxFrameBytes` and `heartbeatIntervalMs` are announced to the peer in
 * `$hello`. The code in each sentence is the reason recorded when the limit is passed.
 */
export interface ConnectionLimits extends MessageLimits {
  /**
   * Whether a peer must say `$hello` before anything else (`hello-required`). Default false: a script
   * of thirty lines need not. True where strangers may connect: they can then cost little.
   */
  readonly requireHello: boolean;
  /** With `requireHello`: how long the peer's `$hello` may take (`hello-timeout`). Default 10 s. Answers peers that connect and say nothing. */
  readonly helloDeadlineMs: number;
  /** With `requireHello`: payload bytes of a frame before `$hello` (`frame-too-large`). Default 16 KiB; `maxFrameBytes` where that is less. Answers strangers that fill memory. */
  readonly preHelloFrameBytes: number;
  /** How long the peer may take for a frame it has started, beside the time for its length at `frameBytesPerSecond`; not begun again by each byte (`frame-timeout`). Default 10 s. Answers slowloris. */
  readonly frameDeadlineMs: number;
  /** The slowest line on which a large frame is in time, in bytes per second. Default 16 KiB/s: a frame of 1 MiB has 74 s. */
  readonly frameBytesPerSecond: number;
  /**
   * Silence after which the peer is asked with `$ping` whether it is alive, if it announced heartbeats
   * too; any byte counts as an answer. Default 30 s: below the minute after which NATs forget a
   * connection. 0 turns heartbeats off. Answers peers that vanish without a word.
   */
  readonly heartbeatIntervalMs: number;
  /** Unanswered `$ping`s that end the connection one interval later (`heartbeat-lost`). Default 2. */
  readonly heartbeatMisses: number;
  /** Queued bytes above which `send` returns false and `ready` waits; a server then also reads nothing more from that client. Default 2 MiB. Answers clients that ask and do not read. */
  readonly softQueueBytes: number;
  /** How long the queue, its largest frame not counted, may stay above `softQueueBytes` (`slow-consumer`). Default 60 s. Answers readers that read a byte now and then. */
  readonly softQueueMs: number;
  /** Queued bytes, the largest queued frame not counted, above which the peer is cut (`slow-consumer`). Default 8 MiB. Answers readers that do not read. */
  readonly hardQueueBytes: number;
  /** How long the peer may take no byte of what is queued (`write-timeout`); after the end has begun also how long a last handler may take. Default 10 s. Answers peers that never let go. */
  readonly writeStallMs: number;
  /**
   * Messages, control messages included, handled in one turn of the event loop, which is also over after
   * 5 ms; the rest waits for the others' turn, and nothing more is read meanwhile. Default 8192: with 1024
   * turns of the smallest messages were so short that changing them took 5 % of the time. Answers floods.
   */
  readonly messagesPerTurn: number;
  /** Handlers whose promise is under way; at so many nothing more is read, until less than half are left. Default 64. Answers peers that ask faster than handlers answer. */
  readonly handlersInFlight: number;
  /** How long reading may rest because of `handlersInFlight` without one handler settling (`internal`): nobody would ever hear of the peer's end. Default 60 s. Answers handlers that never settle. */
  readonly maxPausedMs: number;
  /** How long the peer may take to end after we have. Default 2 s. What it sends meanwhile is discarded. */
  readonly lingerMs: number;
  /** Refused messages that are forgiven within `refusalWindowMs`; one more is `too-many-errors`. Default 10. */
  readonly maxRefusals: number;
  /** Default 10 s. */
  readonly refusalWindowMs: number;
}

/** The defaults of every connection. */
export const defaultConnectionLimits: ConnectionLimits = {
  ...defaultLimits,
  requireHello: false,
  helloDeadlineMs: 10_000,
  preHelloFrameBytes: 16 * 1024,
  frameDeadlineMs: 10_000,
  frameBytesPerSecond: 16 * 1024,
  heartbeatIntervalMs: 30_000,
  heartbeatMisses: 2,
  softQueueBytes: 2 * 1024 * 1024,
  softQueueMs: 60_000,
  hardQueueBytes: 8 * 1024 * 1024,
  writeStallMs: 10_000,
  messagesPerTurn: 8192,
  handlersInFlight: 64,
  maxPausedMs: 60_000,
  lingerMs: 2_000,
  maxRefusals: 10,
  refusalWindowMs: 10_000,
};

/** No `$hello` needs more, and one that does not fit could never be said. */
const SMALLEST_HELLO_FRAME_BYTES = 256;

/**
 * The defaults with `limits` over them; absent and undefined entries keep the default.
 *
 * @throws TypewireError `option-invalid` naming the first limit that is unknown, not a positive
 * integer (`requireHello`: a boolean; `heartbeatIntervalMs`: or 0), or contradicts another.
 */
export function resolveLimits(limits: Partial<ConnectionLimits> = {}): ConnectionLimits {
  const resolved: Record<string, number | boolean> = { ...defaultConnectionLimits };
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(resolved, name)) throw invalid(`${name}: no such limit`);
    if (value === undefined) continue;
    requireValid(name, value);
    resolved[name] = value;
  }
  // Every name and type of the defaults is in it, checked above.
  const whole = resolved as unknown as ConnectionLimits;
  refuseContradictions(whole, limits);
  return whole;
}

function requireValid(name: string, value: number | boolean): void {
  if (name === "requireHello") {
    if (typeof value !== "boolean") throw invalid(`${name}: expected true or false, got ${value}`);
    return;
  }
  const least = name === "heartbeatIntervalMs" ? 0 : 1;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least) return;
  const expected = least === 0 ? "0 or a positive integer" : "a positive integer";
  throw invalid(`${name}: expected ${expected}, got ${String(value)}`);
}

function refuseContradictions(limits: ConnectionLimits, given: Partial<ConnectionLimits>): void {
  const { softQueueBytes, hardQueueBytes, maxFrameBytes } = limits;
  if (hardQueueBytes < softQueueBytes) {
    throw invalid(
      `hardQueueBytes: expected at least softQueueBytes (${softQueueBytes}), got ${hardQueueBytes}`,
    );
  }
  const { requireHello, preHelloFrameBytes } = given;
  if (!requireHello || preHelloFrameBytes === undefined) return;
  if (preHelloFrameBytes > maxFrameBytes) {
    throw invalid(
      `preHelloFrameBytes: expected at most maxFrameBytes (${maxFrameBytes}), got ${preHelloFrameBytes}`,
    );
  }
  if (preHelloFrameBytes < SMALLEST_HELLO_FRAME_BYTES) {
    throw invalid(
      `preHelloFrameBytes: expected at least ${SMALLEST_HELLO_FRAME_BYTES}, for a $hello to fit, got ${preHelloFrameBytes}`,
    );
  }
}

function invalid(message: string): TypewireError {
  return new TypewireError("option-invalid", message);
}
