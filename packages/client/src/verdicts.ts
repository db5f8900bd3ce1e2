// What a client makes of the end of a connection: whether it is of use to come back, and what `connect` rejects
// with where the end was the first attempt's.

import type { CloseCode, CloseReason } from "@typewire/connection";
import { type ErrorCode, TypewireError } from "@typewire/protocol";

/** Verdicts that the next attempt would only hear again. */
const finalVerdicts: ReadonlySet<CloseCode> = new Set<CloseCode>([
  "protocol-mismatch",
  "auth-required",
  "auth-failed",
]);

/** Whether coming back after `reason` is of no use: the server has said so, or would only say the same again. */
export function isFinal({ code, final }: CloseReason): boolean {
  return final === true || finalVerdicts.has(code);
}

/** What `connect` rejects with. Ends that are no error of the protocol are failures to connect when nothing valid came before them. */
export function connectError(address: string, { code, message }: CloseReason): TypewireError {
  if (code === "connect-failed" || code === "connect-timeout") {
    return new TypewireError(code, message);
  }
  const isOrdinaryEnd = code === "done" || code === "peer-closed" || code === "connection-reset";
  const errorCode: ErrorCode = isOrdinaryEnd ? "connect-failed" : code;
  return new TypewireError(errorCode, `Cannot connect to ${address}: ${message}`);
}
