// Which calls of a connection that has ended wait for the next one, and which are lost with it (ADR 0083). Decides
// only; what either is told is the caller's.

import type { OutgoingCall } from "./outgoing-call.ts";

/** How often a call is queued, over all connections. */
const MOST_ATTEMPTS = 3;

/** Whether a call whose connection has ended, or whose callee takes none any more, may be made on the next. */
export function mayGoAgain(call: OutgoingCall): boolean {
  if (call.isStream || call.attempts >= MOST_ATTEMPTS) return false;
  return !call.mayHaveRun || call.shape.idempotent;
}

/** The calls of a connection that has ended. */
interface CallsAtTheEnd {
  /** Those that were made on it, in order. */
  readonly open: readonly OutgoingCall[];
  /** Those that were not, in order. */
  readonly waiting: readonly OutgoingCall[];
  /** Bytes that had left when it ended. */
  readonly leftTo: number;
  /** Whether another connection follows. */
  readonly comesBack: boolean;
}

/** Takes the calls off their connection, and tells those that go on, in the order in which they were made, from the others. */
export function afterTheEnd({ open, waiting, leftTo, comesBack }: CallsAtTheEnd): {
  readonly again: readonly OutgoingCall[];
  readonly lost: readonly OutgoingCall[];
} {
  for (const call of open) {
    call.stopItems();
    call.id = 0;
    if (leftTo >= call.frameEndsAt) call.mayHaveRun = true;
  }
  if (!comesBack) return { again: [], lost: [...open, ...waiting] };
  const goesOn = Map.groupBy(open, mayGoAgain);
  return {
    again: [...(goesOn.get(true) ?? []), ...waiting],
    lost: goesOn.get(false) ?? [],
  };
}
