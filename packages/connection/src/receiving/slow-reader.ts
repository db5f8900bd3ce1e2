// How a server hears a client that does not read: it is read no further (`HOLD.output`), but for a few messages
// at each look of the sweep, since what it says may be that it wants less. Owns nothing.

import type { ConnectionLimits } from "../limits.ts";
import { HOLD, type Inflow } from "./inflow.ts";

/** Messages handed out at each look, and what they may add to the queue. */
const MESSAGES_PER_LOOK = 32;
const GROWTH_PER_LOOK_BYTES = 64 * 1024;

/** What waits for the peer. */
interface Outflow {
  readonly queue: { readonly queuedBytes: number };
  /** Whether the queue is above the soft limit. */
  readonly isLong: boolean;
}

/** Hands out a few messages, as long as what they bring about does not bring the queue near its hard limit. */
export function hearSlowReader(inflow: Inflow, outflow: Outflow, limits: ConnectionLimits): void {
  if (!inflow.isHeld(HOLD.output)) return;
  const { queue } = outflow;
  const mostBytes = Math.min(
    queue.queuedBytes + GROWTH_PER_LOOK_BYTES,
    (limits.softQueueBytes + limits.hardQueueBytes) / 2,
  );
  for (let count = 0; count < MESSAGES_PER_LOOK; count += 1) {
    if (queue.queuedBytes >= mostBytes || !inflow.letOneThrough(HOLD.output)) break;
  }
  // What a message brought about may have let the queue become short.
  if (!outflow.isLong) inflow.release(HOLD.output);
}
