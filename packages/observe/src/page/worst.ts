// The connections that an operator should see first, out of ten thousand, without sorting those.

import type { ConnectionStats } from "@typewire/connection";

import type { ObservedConnection } from "../observable.ts";

/** A connection and the figures that it was judged by. */
export interface Judged {
  readonly connection: ObservedConnection;
  readonly stats: ConnectionStats;
  readonly badness: number;
}

/** A handler under way counts as much as so many bytes that wait. */
const HANDLER_BYTES = 1024;

/** The `most` worst of `connections`: by what waits for them and by handlers under way, the worst first. */
export function worstOf(
  connections: Iterable<ObservedConnection>,
  most: number,
): readonly Judged[] {
  const worst: Judged[] = [];
  let least = -1;
  for (const connection of connections) {
    const { stats } = connection;
    const underWay = stats.handlersInFlight + stats.callsInFlight;
    const badness = connection.queuedBytes + underWay * HANDLER_BYTES;
    if (badness <= least) continue;
    const at = worst.findIndex((each) => each.badness < badness);
    worst.splice(at < 0 ? worst.length : at, 0, { connection, stats, badness });
    if (worst.length > most) worst.pop();
    if (worst.length === most) least = worst.at(-1)?.badness ?? least;
  }
  return worst;
}
