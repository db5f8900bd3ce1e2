// Why a connection ended: exactly one record for each, in words for a log line and a code for a program.
// Makes the reasons that are not an error of our own.

import {
  type Bye,
  type ErrorCode,
  isFatal,
  isWireErrorCode,
  type PeerError,
  type Role,
  TypewireError,
} from "@typewire/protocol";

import { MAX_TIMER_MS } from "./time/clock.ts";
import type { OwnError } from "./peer-error.ts";
import { describeThrown, oneLine } from "./text.ts";

/** An error's code, or one of the three ends that are not errors of this protocol. */
export type CloseCode =
  | ErrorCode
  /** This side closed in order. */
  | "done"
  /** The peer ended its half, or said `$bye`. */
  | "peer-closed"
  /** The bytes stopped below us: a reset, a lost network. */
  | "connection-reset";

/** The first thing that ended a connection. Nothing that happens later changes it. */
export interface CloseReason {
  readonly code: CloseCode;
  /** One printable line, a sentence without its full stop; no payload in it. */
  readonly message: string;
  /** Who ended it: this side (whatever the peer did to deserve it), the peer, or what lies between. */
  readonly origin: "local" | "peer" | "transport";
  /** JSON Pointer into the offending message, where there is one. */
  readonly path?: string;
  /** From the peer's `$bye`: when to come back. */
  readonly retryAfterMs?: number;
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
export function peerSaidBye({ reason, retryAfterMs }: Bye): CloseReason {
  const message = `The peer said goodbye: ${oneLine(reason)}`;
  const closed = { code: "peer-closed", message, origin: "peer" } as const;
  if (retryAfterMs === undefined) return closed;
  // A program hands it to a timer, which fires at once beyond what it takes.
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

/** The reason when the peer takes nothing of what is queued. */
export function writeTimedOut(limitMs: number, queuedBytes: number): CloseReason {
  const message = `The peer took nothing for ${limitMs} ms, ${queuedBytes} bytes wait for it`;
  return { code: "write-timeout", message, origin: "local" };
}

/** The reason when the socket is gone without an end of the peer's. */
export function socketLost(error?: unknown): CloseReason {
  // The socket's owner knows better: a handshake that failed.
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
  try {
    return thrown instanceof TypewireError && thrown.code === "connection-closed";
  } catch {
    return false;
  }
}
