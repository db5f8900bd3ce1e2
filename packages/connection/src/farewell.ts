// What this side says when it closes in order.

import { type Bye, TypewireError } from "@typewire/protocol";

import { requireDuration } from "./time/clock.ts";
import { oneLine } from "./text.ts";

/** What `close` says to the peer. */
export interface Farewell {
  readonly reason?: string;
  /** When to come back, in whole milliseconds, at most 2^31 − 1. */
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
 * @throws TypewireError `option-invalid` where `retryAfterMs` is no duration, or not whole.
 */
export function toBye({ reason = "done", retryAfterMs }: Farewell): Bye {
  const bye: Bye = { type: "$bye", reason: oneLine(reason) };
  return retryAfterMs === undefined
    ? bye
    : { ...bye, retryAfterMs: requireRetryAfter(retryAfterMs) };
}

/**
 * `retryAfterMs`, where a `$bye` may have it.
 *
 * @throws TypewireError `option-invalid` where it is no duration, or not whole.
 */
export function requireRetryAfter(retryAfterMs: number): number {
  if (Number.isInteger(requireDuration("retryAfterMs", retryAfterMs, 0))) return retryAfterMs;
  throw new TypewireError(
    "option-invalid",
    `retryAfterMs: expected whole milliseconds, got ${retryAfterMs}`,
  );
}
