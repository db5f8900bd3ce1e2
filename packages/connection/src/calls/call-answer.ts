// What the `$result` of a call says, by what its handler came to and why the call was to end. What a handler
// throws reaches the log, and the peer only where the protocol declares it.

import type { CallError, CallFailure, CallShape, Result } from "@typewire/protocol";
import { isInstance } from "@typewire/protocol/internal";

import { oneLine } from "../text.ts";
import { DeclaredError } from "./call-failures.ts";
import type { Outcome } from "./middleware-run.ts";

/** The call, as far as its answer depends on it. */
export interface EndedCall {
  readonly id: number;
  readonly shape: CallShape;
  /** Why it was to end before its handler had settled. */
  readonly reason: CallError | undefined;
  /** An item of the handler's that did not fit. */
  readonly failure: { readonly error: unknown } | undefined;
  isBySignal(error: unknown): boolean;
}

/** What is said to the caller, and what the log is told. */
export interface CallAnswer {
  readonly result: Result;
  readonly failed?: { readonly error: unknown };
}

/** The answer of a call whose handler has settled. */
export function answerOf(call: EndedCall, outcome: Outcome): CallAnswer {
  const { id, shape, reason, failure } = call;
  const failed = failure ?? (outcome.ok ? undefined : outcome);
  // The handler has ended as it was asked to; what it still returns is of use where the caller waits for it.
  const hasHeeded = reason !== undefined && (failed === undefined || call.isBySignal(failed.error));
  if (hasHeeded && (failed !== undefined || !isForgiving(reason.code))) {
    const error = failureOf(toldCode(reason.code), reason.message, reason.path);
    return { result: { type: "$result", id, error } };
  }
  if (failed === undefined) {
    const result: Result = { type: "$result", id };
    if (shape.hasOutput && outcome.ok) result.output = outcome.output;
    return { result };
  }
  const { error } = failed;
  if (isInstance(error, DeclaredError) && shape.errors.includes(error.code)) {
    const { code, message, data } = error;
    const declared = data === undefined ? { code, message } : { code, message, data };
    return { result: { type: "$result", id, error: declared } };
  }
  return {
    result: { type: "$result", id, error: internalFailure(shape.name) },
    failed: { error },
  };
}

/** All that the caller is told of a handler that failed. */
export function internalFailure(call: string): CallFailure {
  return { code: "internal", message: `The handler of the call ${JSON.stringify(call)} failed` };
}

/** A failure in words that fit into one line of a log. */
export function failureOf(code: string, message: string, path: string | undefined): CallFailure {
  const failure: CallFailure = { code, message: oneLine(message) };
  if (path !== undefined) failure.path = oneLine(path);
  return failure;
}

/**
 * What a caller is told of why its call ended. `connection-lost` is known to one side alone: a caller that hears an
 * answer has ended no more than its half of the connection, by which it has given up a call that needs more of it
 * (ADR 0103).
 */
function toldCode(code: string): string {
  return code === "connection-lost" ? "cancelled" : code;
}

/** Whether an output is told although the call was to end: the caller's clock rules, and a drain is polite. */
function isForgiving(code: string): boolean {
  return code === "deadline-exceeded" || code === "shutting-down";
}
