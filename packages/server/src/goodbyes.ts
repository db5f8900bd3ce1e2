// Says goodbye to connections one after the other, so that the clients of a server that ends do not all come to its
// siblings in the same instant. What a goodbye is, and when the last connection has ended, is the caller's.

import { type Cancel, type Clock, shuffled } from "@typewire/connection";

/** Goodbyes that are closer together share a timer. */
const STEP_MS = 10;

/** What is said to which connections, and over what time. */
export interface Goodbyes<Connection> {
  readonly connections: Iterable<Connection>;
  /** From the first to the last of them. 0: all of them before this returns. */
  readonly spreadMs: number;
  readonly say: (connection: Connection) => void;
  readonly clock: Clock;
  /** Uniform in [0, 1), as `Math.random`. */
  readonly random: () => number;
}

/** Says them in random order, at even distances. Returns what keeps the rest from being said. */
export function sayGoodbyes<Connection>(goodbyes: Goodbyes<Connection>): Cancel {
  const { connections, spreadMs, say, clock, random } = goodbyes;
  if (spreadMs === 0) {
    for (const connection of connections) say(connection);
    return () => {};
  }
  const order = shuffled(connections, random);
  const distanceMs = spreadMs / order.length;
  const startedAtMs = clock.now();
  let said = 0;
  let cancel: Cancel = () => {};
  const sayDue = (): void => {
    const passedMs = clock.now() - startedAtMs;
    const due = Math.floor(passedMs / distanceMs) + 1;
    for (const connection of order.slice(said, due)) say(connection);
    said = Math.max(said, due);
    if (said >= order.length) return;
    const stepMs = Math.min(Math.max(distanceMs, STEP_MS), spreadMs - passedMs);
    cancel = clock.after(stepMs, sayDue);
  };
  sayDue();
  return () => cancel();
}
