// How the connections of a server ended, for the last line of its log.

import type { ServerStats } from "@typewire/server";

/** How connections ended, the most frequent first, in one text: `peer-closed 10, slow-consumer 2`. */
export function describeEnds({ closedByReason }: ServerStats): string {
  return Object.entries(closedByReason)
    .toSorted(([, a], [, b]) => b - a)
    .map(([code, count]) => `${code} ${count}`)
    .join(", ");
}
