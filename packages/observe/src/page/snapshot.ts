// What the page is told each second. Names of connections and nodes are partly the peer's to choose: what drives or
// reorders text is escaped in them, as in the log. No payload, no topic, and no sentence that quotes one.

import { printable } from "@typewire/connection/internal";
import type { ServerWatch } from "@typewire/server";

import type { LoggedEvent } from "../event-log.ts";
import { reasonsAgainst } from "../health.ts";
import type { Node } from "../nodes.ts";
import type { Observation, Sample } from "../observation.ts";
import type { Observable } from "../observable.ts";
import { version } from "../version.ts";
import { worstOf } from "./worst.ts";

/** Of ten thousand connections the page shows so many. */
const MOST_CONNECTIONS = 100;

type Counts = Readonly<Record<string, number>>;

/** The state of a server, as the page's script reads it. Times in milliseconds, quantiles in seconds. */
export interface Snapshot {
  readonly at: number;
  readonly version: string;
  readonly protocol: ServerWatch["protocol"];
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly loopLagMs: number;
  readonly figures: Counts;
  readonly in: Counts;
  readonly out: Counts;
  readonly closed: Readonly<Partial<Record<string, number>>>;
  readonly handlers: readonly {
    readonly name: string;
    readonly p50: number | undefined;
    readonly p99: number | undefined;
    readonly samples: number;
  }[];
  readonly worst: readonly (Counts | { readonly name: string; readonly state: string })[];
  /** Only with a backplane. */
  readonly bus?: {
    readonly state: string;
    /** Of its answers. */
    readonly p50: number | undefined;
    readonly p99: number | undefined;
    /** What waits for the bus, or for its answer. */
    readonly heldBytes: number;
    /** Messages that had no room to wait. */
    readonly dropped: number;
  };
  readonly nodes?: readonly Node[];
}

/** The state of `server` now, but for what only a page asks for that has just come. */
export function snapshotOf(
  server: Observable,
  { watch, lag, handlerTimes, busTimes, nodes }: Observation,
): Snapshot {
  const stats = server.stats();
  const figures = watch.figures();
  const reasons = reasonsAgainst(server, stats);
  return {
    at: Date.now(),
    version,
    protocol: watch.protocol,
    ready: reasons.length === 0,
    reasons,
    loopLagMs: lag.recentMs,
    figures: {
      connections: stats.connections,
      turnedAway: stats.turnedAway,
      messagesReceived: stats.messagesReceived,
      messagesSent: stats.messagesSent,
      bytesReceived: stats.bytesReceived,
      bytesSent: stats.bytesSent,
      refused: stats.messagesRefused + stats.messagesUnknown,
      undelivered: stats.messagesUndelivered,
      queueBytes: stats.bufferedBytes,
      queueLimitBytes: figures.maxBufferedBytes,
      slowConnections: figures.slowConnections,
      handlersInFlight: figures.handlersInFlight,
      callsInFlight: stats.callsInFlight,
      topics: figures.topics,
    },
    in: figures.receivedByType,
    out: figures.sentByType,
    closed: stats.closedByReason,
    ...(stats.backplane && {
      bus: {
        state: stats.backplane.state,
        p50: busTimes.quantile(0.5),
        p99: busTimes.quantile(0.99),
        heldBytes: stats.backplane.heldBytes,
        dropped: stats.backplane.messagesDropped,
      },
      nodes: nodes.all.map((node) => ({ ...node, name: printable(node.name) })),
    }),
    // A quantile beyond the last bound is null in JSON.
    handlers: [...handlerTimes].map(([name, times]) => ({
      name,
      p50: times.quantile(0.5),
      p99: times.quantile(0.99),
      samples: times.count,
    })),
    worst: worstOf(server.connections, MOST_CONNECTIONS).map(({ connection, stats: its }) => ({
      name: printable(connection.name),
      state: connection.state,
      queuedBytes: connection.queuedBytes,
      handlersInFlight: its.handlersInFlight,
      callsInFlight: its.callsInFlight,
      messagesReceived: its.messagesReceived,
      messagesSent: its.messagesSent,
    })),
  };
}

/** One server-sent event: `snapshot` with the events that the page has not seen, and for a new page what was before. */
export function eventOf(
  snapshot: Snapshot,
  events: readonly LoggedEvent[],
  history?: readonly Sample[],
): string {
  const shown = events.map((event) => ({ ...event, name: printable(event.name) }));
  const whole = history === undefined ? {} : { isWhole: true, history };
  return `data: ${JSON.stringify({ ...snapshot, ...whole, events: shown })}\n\n`;
}
