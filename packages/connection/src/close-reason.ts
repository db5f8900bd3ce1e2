// How a connection ends, in words: the one reason that is recorded, for a log line and as a code for a
// program, and the `$bye` or `$error` that tells the peer. A code that concerns this side alone does not
// travel, and every sentence becomes one printable line.

import {
  type Bye,
  type ControlMessage,
  type ErrorCode,
  isFatal,
  isWireErrorCode,
  type PeerError,
  type Role,
  TypewireError,
  type WireErrorCode,
} from "@typewire/protocol";
import { isInstance, wireErrorCodes } from "@typewire/protocol/internal";

import { aText, type OptionChecks, wholeMilliseconds, yesOrNo } from "./option-checks.ts";
import { checkOptions } from "./options.ts";
import { describeThrown, oneLine } from "./text.ts";
import { MAX_TIMER_MS } from "./longest-timer.ts";

/** An error's code, or one of the three ends that are not errors of this protocol. */
export type CloseCode =
  | ErrorCode
  /** This side closed in order. */
  | "done"
  /** The peer ended its half, or said `$bye`. */
  | "peer-closed"
  /** The bytes stopped below us: a reset, a lost network. */
  | "connection-reset";

/** Codes of ends that every server may see; others are of mistakes in its own program. */
export const usualCloseCodes: readonly CloseCode[] = [
  "done",
  "peer-closed",
  "connection-reset",
  "tls-failed",
  ...wireErrorCodes,
];

/** The first thing that ended a connection. Nothing that happens later changes it. */
export interface CloseReason {
  readonly code: CloseCode;
  /** One printable line, a sentence without its full stop; no payload in it. */
  readonly message: string;
  /** Where the end began: at this side (also because of a peer's mistake), at the peer, or between them. */
  readonly origin: "local" | "peer" | "transport";
  /** JSON Pointer into the offending message, where there is one. */
  readonly path?: string;
  /** From the peer's `$bye`: when to come back. */
  readonly retryAfterMs?: number;
  /** True where coming back is of no use: the peer's `$bye` says so, or what a client shows is none. A client does not, then. */
  readonly final?: true;
}

/** `code: message`, for a log. */
export function describeCloseReason(reason: CloseReason): string {
  return `${reason.code}: ${reason.message}`;
}

/** The reason when this side closes, saying `reason` in its `$bye`. */
export function closedInOrder(reason: string): CloseReason {
  return { code: "done", message: `This side closed the connection: ${reason}`, origin: "local" };
}

/** The reason of an end that this side decides because of what the peer sent. */
export function failed({ code, message, path }: TypewireError): CloseReason {
  const reason = { code, message: oneLine(message), origin: "local" } as const;
  return path === undefined ? reason : { ...reason, path: oneLine(path) };
}

/** The reason when code on this side failed to do something, and what the peer is told: not why. */
export function failedInternally(
  role: Role,
  doing: string,
  thrown: unknown,
): { readonly reason: CloseReason; readonly lastMessage: OwnError } {
  const message = `The ${role} failed to ${doing}`;
  return {
    reason: { code: "internal", message: `${message}: ${describeThrown(thrown)}`, origin: "local" },
    lastMessage: { type: "$error", code: "internal", message },
  };
}

/** The reason when the peer ends its half between two frames. */
export const peerEndedItsHalf: CloseReason = {
  code: "peer-closed",
  message: "The peer closed the connection",
  origin: "peer",
};

/** The reason when the peer says `$bye`. */
export function peerSaidBye({ reason, retryAfterMs, final = false }: Bye): CloseReason {
  const message = `The peer said goodbye${final ? " for good" : ""}: ${oneLine(reason)}`;
  const closed = { code: "peer-closed", message, origin: "peer" } as const;
  if (final) return { ...closed, final };
  if (retryAfterMs === undefined) return closed;
  // Beyond `MAX_TIMER_MS` a program's timer would fire at once.
  return { ...closed, retryAfterMs: Math.min(retryAfterMs, MAX_TIMER_MS) };
}

/** The reason that the peer's `$error` announces; undefined where the peer means to go on. */
export function peerReported({ code, message, path }: PeerError): CloseReason | undefined {
  if (!isWireErrorCode(code) || !isFatal(code)) return undefined;
  const reason = {
    code,
    message: `The peer reported ${code}: ${oneLine(message)}`,
    origin: "peer",
  } as const;
  return path === undefined ? reason : { ...reason, path: oneLine(path) };
}

/** The reason when a peer answers our hello with an error that is not one of authentication's. */
export function peerCannotAuthenticate({ code, message }: PeerError): CloseReason {
  const reported = `${oneLine(code)}: ${oneLine(message)}`;
  return {
    code: "auth-required",
    message: `The peer did not prove the shared secret, and reported ${reported}`,
    origin: "peer",
  };
}

/** The reason when the peer accepts too little to be told what a call has come to; `error` says what did not fit. */
export function peerTakesTooLittle({ code, message }: TypewireError): CloseReason {
  const sentence = `The peer accepts too little for what its calls need: ${message}`;
  return { code, message: oneLine(sentence), origin: "local" };
}

/** The reason when more waits for the peer than the limit, in bytes. */
export function peerTooSlow(queuedBytes: number, limitBytes: number): CloseReason {
  const message = `The peer does not keep up: ${queuedBytes} bytes wait for it, limit ${limitBytes}`;
  return { code: "slow-consumer", message, origin: "local" };
}

/** The reason when too much has waited for the peer for too long. */
export function peerTooSlowFor(
  limitMs: number,
  queuedBytes: number,
  limitBytes: number,
): CloseReason {
  const message = `The peer does not keep up: for ${limitMs} ms more than ${limitBytes} bytes have waited for it, now ${queuedBytes}`;
  return { code: "slow-consumer", message, origin: "local" };
}

/** The reason when all connections together hold too much, and this one most of it. */
export function largestConsumer(heldBytes: number, limitBytes: number): CloseReason {
  const message = `All connections together hold more than ${limitBytes} bytes, and this one most: ${heldBytes}`;
  return { code: "slow-consumer", message, origin: "local" };
}

/** The reason when the peer takes no byte of the queue. */
export function writeTimedOut(limitMs: number, queuedBytes: number): CloseReason {
  const message = `The peer took nothing for ${limitMs} ms, ${queuedBytes} bytes wait for it`;
  return { code: "write-timeout", message, origin: "local" };
}

/** The reason when the socket is gone without an end of the peer's. */
export function socketLost(error?: unknown): CloseReason {
  // The owner of the socket gives an error of its own where a TLS handshake failed.
  if (error instanceof TypewireError) {
    return { code: error.code, message: oneLine(error.message), origin: "transport" };
  }
  const detail = error === undefined ? "" : `: ${describeThrown(error)}`;
  return {
    code: "connection-reset",
    message: `The connection was lost${detail}`,
    origin: "transport",
  };
}

/** What methods throw, and promises reject with, once the connection has ended. */
export function connectionClosed(doing: string, reason: CloseReason): TypewireError {
  return new TypewireError(
    "connection-closed",
    `Cannot ${doing}: the connection has ended (${describeCloseReason(reason)})`,
  );
}

/** Whether `thrown`, which may be anything, says that a connection has ended. */
export function isConnectionClosed(thrown: unknown): boolean {
  return isInstance(thrown, TypewireError) && thrown.code === "connection-closed";
}

/** How `close` ends a connection. */
export interface CloseOptions {
  /** What the peer is told, in one line. Default `done`. */
  readonly reason?: string;
  /** When to come back, in whole milliseconds, at most 2^31 − 1. */
  readonly retryAfterMs?: number;
  /**
   * Whether coming back is of no use: a client does not, and says why. For a server that has refused a token
   * or an account, whose clients would else ask again for ever. Not beside `retryAfterMs`. Default false.
   */
  readonly final?: boolean;
  /**
   * Whether handlers that are under way may still answer before `$bye`, since the peer discards what
   * comes after it. Nothing more is handed to handlers meanwhile. Waits until the last has settled, or
   * none has for `handlersStallMs`. Default false.
   */
  readonly afterHandlers?: boolean;
}

const closeOptions: OptionChecks<keyof CloseOptions> = {
  reason: aText,
  retryAfterMs: wholeMilliseconds,
  final: yesOrNo,
  afterHandlers: yesOrNo,
};

/**
 * The `$bye` of a close.
 *
 * @throws TypewireError `option-invalid` naming the option that is not known or not possible: a `retryAfterMs`
 * also beside `final`.
 */
export function toBye(options: CloseOptions): Bye {
  checkOptions(options, closeOptions);
  const { reason = "done", retryAfterMs, final = false } = options;
  const bye: Bye = { type: "$bye", reason: oneLine(reason) };
  if (retryAfterMs === undefined) return final ? { ...bye, final } : bye;
  if (!final) return { ...bye, retryAfterMs };
  throw new TypewireError("option-invalid", "final: expected no `retryAfterMs` beside it");
}

/** An `$error` of this side, whose code is one that travels. A received one may have any. */
export type OwnError = PeerError & { readonly code: WireErrorCode };

/** A control message of this side. */
export type OwnControlMessage = Exclude<ControlMessage, PeerError> | OwnError;

/** Says nothing of what failed: options, paths of files and addresses are this side's alone. */
const internalError: OwnError = {
  type: "$error",
  code: "internal",
  message: "An internal failure; the log of this side says more",
};

/** A name of a message that is longer, or does not make one printable line, is not repeated. */
const MOST_REPEATED_LENGTH = 256;

/** Which of the peer's messages an error is about. */
export interface Offence {
  /** The type of the message, where it was read. */
  readonly of?: string | undefined;
  /** The number of its frame among those that the peer has sent, from 1. */
  readonly frame?: number | undefined;
}

/**
 * What the peer is told of `error`: one short line, no stack, no cause. Of a mistake or failure of this
 * side alone (a `LocalErrorCode`) it is told `internal`, and nothing else.
 */
export function toPeerError(error: TypewireError, offence: Offence = {}): OwnError {
  const { code, message, path } = error;
  if (!isWireErrorCode(code)) return internalError;
  const of = error.of ?? offence.of;
  return {
    type: "$error",
    code,
    message: oneLine(message),
    ...(path !== undefined && { path: oneLine(path) }),
    ...(of !== undefined && oneLine(of, MOST_REPEATED_LENGTH) === of && { of }),
    ...(offence.frame !== undefined && { frame: offence.frame }),
  };
}

/** What the peer is told of an end that this side decides for `reason`. */
export function toLastError({ code, message }: CloseReason): OwnError {
  return isWireErrorCode(code as ErrorCode)
    ? { type: "$error", code: code as WireErrorCode, message }
    : internalError;
}
