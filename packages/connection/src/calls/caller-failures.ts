// The errors of calls that the caller's own side finds: of what it cannot send, and of an answer that it cannot take.

import { CallError, TypewireError } from "@typewire/protocol";
import { isInstance } from "@typewire/protocol/internal";

import { describeThrown } from "../text.ts";

/** The call, as far as its error depends on it. */
export interface FailedCall {
  readonly name: string;
  /** On an earlier connection. */
  readonly mayHaveRun: boolean;
}

/** No further connection comes. */
export function closed({ name, mayHaveRun }: FailedCall, because: string): CallError {
  const message = `Cannot call ${JSON.stringify(name)}: ${because}`;
  return new CallError("connection-closed", message, {
    ran: mayHaveRun ? "maybe" : "no",
    call: name,
  });
}

/** The peer answers no calls. */
export function unsupported({ name, mayHaveRun }: FailedCall): CallError {
  const message = `Cannot call ${JSON.stringify(name)}: the peer answers no calls`;
  return new CallError("calls-unsupported", message, {
    ran: mayHaveRun ? "maybe" : "no",
    call: name,
  });
}

/** All streams that the peer announced are open. */
export function tooManyStreams({ name }: FailedCall, maxStreams: number): CallError {
  const message = `Cannot call ${JSON.stringify(name)}: ${maxStreams} of ${maxStreams} streams are open`;
  return new CallError("too-many-calls", message, { ran: "no", call: name });
}

/** The input could not be written, because of `cause`. */
export function invalidInput({ name, mayHaveRun }: FailedCall, cause: unknown): CallError {
  const path = isInstance(cause, TypewireError) ? cause.path : undefined;
  const message = `Cannot call ${JSON.stringify(name)}: ${describeThrown(cause)}`;
  return new CallError("invalid-input", message, {
    ran: mayHaveRun ? "maybe" : "no",
    call: name,
    path,
    cause,
  });
}

/** An item or an output of the callee's does not fit, as `message` says at `path`. */
export function invalidAnswer(
  { name }: FailedCall,
  message: string,
  path: string | undefined,
  cause: unknown,
): CallError {
  return new CallError("invalid-answer", message, { ran: "yes", call: name, path, cause });
}

/** The same refusal of a call that may have run on an earlier connection. */
export function ranBefore({ code, message, data, call, path, retryAfterMs }: CallError): CallError {
  return new CallError(code, message, { ran: "maybe", data, call, path, retryAfterMs });
}
