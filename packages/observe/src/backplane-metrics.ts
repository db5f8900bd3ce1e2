// What a server knows of its backplane, as metrics; where it has none, there are none of these.

import type { BackplaneStats } from "@typewire/backplane";

import type { Exposition } from "./exposition.ts";
import type { Histogram } from "./histogram.ts";

/** Adds the families of a backplane with these figures. */
export function addBackplane(
  exposition: Exposition,
  stats: BackplaneStats,
  answerTimes: Histogram,
): void {
  const isUp = stats.state === "up" || stats.state === "degraded";
  exposition
    .gauge("typewire_backplane_up", "1 where the bus can be reached.", isUp ? 1 : 0)
    .gauge("typewire_backplane_nodes", "Servers that are heard, with this one.", stats.servers)
    .gauge("typewire_backplane_held_bytes", "Bytes that wait for the bus.", stats.heldBytes)
    .counter(
      "typewire_backplane_reconnects_total",
      "Lines to the bus after the first.",
      stats.reconnects,
    )
    .counterBy("typewire_backplane_messages_total", "Messages over the bus.", "direction", {
      in: stats.messagesReceived,
      out: stats.messagesSent,
    })
    .counterBy("typewire_backplane_batches_total", "Batches over the bus.", "direction", {
      in: stats.batchesReceived,
      out: stats.batchesSent,
    })
    .counterBy(
      "typewire_backplane_batches_refused_total",
      "Batches that came and were not passed on.",
      "why",
      { invalid: stats.batchesRefused, late: stats.batchesLate },
    )
    .counter(
      "typewire_backplane_messages_dropped_total",
      "Messages published here while there was no room for them.",
      stats.messagesDropped,
    )
    .counterBy("typewire_gaps_total", "Gaps in what other servers published.", "why", {
      bus: stats.gaps,
    })
    .counterBy("typewire_gap_messages_total", "Messages in these gaps.", "why", {
      bus: stats.gapMessages,
    })
    .histograms("typewire_backplane_latency_seconds", "Until the bus answered a question.", [
      [{}, answerTimes],
    ]);
}
