// The sentences and meanings of failed calls, at either end. What a handler throws has no part in them.

import { CallError, type CallFailure, type Ran } from "@typewire/protocol";

import { oneLine } from "../text.ts";

/** An error that a handler made by `call.error`: another call's, passed on, is not this call's. */
export class DeclaredError extends CallError {}

const neverRan: ReadonlySet<string> = new Set([
  "unknown-call",
  "invalid-input",
  "too-many-calls",
  "auth-required",
  "auth-failed",
  "auth-expired",
]);

const mayHaveRun: ReadonlySet<string> = new Set(["deadline-exceeded", "cancelled"]);

/**
 * Whether the handler ran, by what the callee answers. `shutting-down` with `retryAfterMs` refuses a call that
 * has not begun; without, it ends one.
 */
function ranBy({ code, retryAfterMs }: CallFailure): Ran {
  if (neverRan.has(code)) return "no";
  if (code === "shutting-down") return retryAfterMs === undefined ? "maybe" : "no";
  return mayHaveRun.has(code) ? "maybe" : "yes";
}

/** The error of a call that the callee answered with `failure`; `data` only where the protocol declares the code. */
export function answeredWith(
  failure: CallFailure,
  call: string,
  declared: readonly string[],
): CallError {
  const { code, message, data, path, retryAfterMs } = failure;
  return new CallError(oneLine(code), oneLine(message), {
    ran: ranBy(failure),
    data: declared.includes(code) ? data : undefined,
    call,
    path: path === undefined ? undefined : oneLine(path),
    retryAfterMs,
  });
}

/** Why this side gives up a call, or ends one that it answers. */
export type EndCode =
  | "cancelled"
  | "deadline-exceeded"
  | "connection-lost"
  | "shutting-down"
  | "item-beyond-credit"
  | "invalid-item";

const sentences: Readonly<Record<EndCode, (call: string) => string>> = {
  cancelled: (call) => `The call ${call} was cancelled by its caller`,
  "deadline-exceeded": (call) => `The call ${call} ran out of time`,
  "connection-lost": (call) => `The connection ended before the call ${call} was answered`,
  "shutting-down": (call) => `The side that answers the call ${call} shuts down`,
  "item-beyond-credit": (call) => `An item of the call ${call} came beyond its credit`,
  "invalid-item": (call) => `An item of the call ${call} does not fit`,
};

/** The error of a call that ended by `code` at this side. */
export function endedBy(
  code: EndCode,
  call: string,
  ran: Ran,
  more: {
    readonly cause?: unknown;
    readonly detail?: string;
    readonly path?: string | undefined;
    readonly retryAfterMs?: number | undefined;
  } = {},
): CallError {
  const { cause, detail, path, retryAfterMs } = more;
  const sentence = sentences[code](JSON.stringify(call));
  const message = detail === undefined ? sentence : `${sentence}: ${detail}`;
  return new CallError(code, message, {
    ran,
    call,
    path,
    retryAfterMs,
    ...(cause === undefined ? {} : { cause }),
  });
}
