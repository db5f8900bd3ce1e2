// What one connection may cost, as one object. Every limit says its unit, its default and its attack.

import { defaultLimits, type MessageLimits, TypewireError } from "@typewire/protocol";

/** Limits of one connection. `maxFrameBytes` is announced to the peer in `$hello`. */
export interface ConnectionLimits extends MessageLimits {
  /** Queued bytes above which `send` returns false and `ready` waits. Default 2 MiB. */
  readonly softQueueBytes: number;
  /** Queued bytes, the largest queued frame not counted, above which the peer is cut as `slow-consumer`. Default 8 MiB. Answers readers that do not read. */
  readonly hardQueueBytes: number;
  /** While draining, how long nothing may leave: the peer takes nothing, or a last handler does not settle. Default 10 s. Answers peers that never let go. */
  readonly writeStallMs: number;
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
  softQueueBytes: 2 * 1024 * 1024,
  hardQueueBytes: 8 * 1024 * 1024,
  writeStallMs: 10_000,
  lingerMs: 2_000,
  maxRefusals: 10,
  refusalWindowMs: 10_000,
};

/**
 * The defaults with `limits` over them; absent and undefined entries keep the default.
 *
 * @throws TypewireError `option-invalid` naming the first limit that is not a positive integer, is
 * unknown, or contradicts another.
 */
export function resolveLimits(limits: Partial<ConnectionLimits> = {}): ConnectionLimits {
  const resolved = { ...defaultConnectionLimits };
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(resolved, name)) throw invalid(`${name}: no such limit`);
    if (value === undefined) continue;
    if (!Number.isSafeInteger(value) || value < 1) {
      throw invalid(`${name}: expected a positive integer, got ${String(value)}`);
    }
    resolved[name as keyof ConnectionLimits] = value;
  }
  if (resolved.hardQueueBytes < resolved.softQueueBytes) {
    throw invalid(
      `hardQueueBytes: expected at least softQueueBytes (${resolved.softQueueBytes}), got ${resolved.hardQueueBytes}`,
    );
  }
  return resolved;
}

function invalid(message: string): TypewireError {
  return new TypewireError("option-invalid", message);
}
