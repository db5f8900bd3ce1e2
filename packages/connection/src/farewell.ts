// What this side says when it closes in order.

import { type Bye, TypewireError } from "@typewire/protocol";

import { oneLine } from "./text.ts";

/** What `close` says to the peer. */
export interface Farewell {
  readonly reason?: string;
  /** When to come back, in milliseconds. */
  readonly retryAfterMs?: number;
  /**
   * Whether handlers that are under way may still answer before `$bye`, since the peer discards what
   * comes after it. Nothing more is handed to handlers meanwhile. Waits until the last has settled, or
   * none has for `handlersStallMs`. Default false.
   */
  readonly afterHandlers?: boolean;
}

/**
 * The `$bye` that says it.
 *
 * @throws TypewireError `option-invalid` where `retryAfterMs` is not a whole number from 0.
 */
export function toBye({ reason = "done", retryAfterMs }: Farewell): Bye {
  const bye: Bye = { type: "$bye", reason: oneLine(reason) };
  if (retryAfterMs === undefined) return bye;
  if (!Number.isSafeInteger(retryAfterMs) || retryAfterMs < 0) {
    const message = `retryAfterMs: expected a whole number from 0, got ${retryAfterMs}`;
    throw new TypewireError("option-invalid", message);
  }
  return { ...bye, retryAfterMs };
}
