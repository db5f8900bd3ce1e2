// What a server has done, in numbers: those of its connections, and of whom it let in.

import type { EndpointStats } from "@typewire/connection";

/** Since the server began. `accepted` is `connections` and all of `closedByReason`. */
export interface ServerStats extends Omit<EndpointStats, "opened"> {
  /** Connections that were let in; with TLS, after the handshake. */
  readonly accepted: number;
  /** Those that were told `too-many-connections` instead. */
  readonly turnedAway: number;
}

/** How connections ended, the most frequent first, in one text: `peer-closed 10, slow-consumer 2`. */
export function describeEnds({ closedByReason }: ServerStats): string {
  return Object.entries(closedByReason)
    .toSorted(([, a], [, b]) => b - a)
    .map(([code, count]) => `${code} ${count}`)
    .join(", ");
}
