// What a server's own counters say to a watcher, read when it asks.

import type { Endpoint } from "@typewire/connection";
import { type AnyMessage, type AnyProtocol, callErrorCodes } from "@typewire/protocol";

import type { ServerFigures } from "./watch.ts";

/** What is counted where. */
interface Counted {
  readonly endpoint: Pick<Endpoint<never, AnyMessage>, "limits" | "memory" | "tally"> & {
    readonly handlers: Iterable<readonly [name: string, { readonly received: number }]>;
  };
  readonly connections: Iterable<{
    readonly handlersInFlight: number;
    readonly queuedBytes: number;
  }>;
  readonly turnedAwayBy: ServerFigures["turnedAwayBy"];
  readonly topics: number;
}

/** See `ServerFigures`. Looks at each connection: for a watcher that asks, not for each message. */
export function figuresOf({ endpoint, connections, turnedAwayBy, topics }: Counted): ServerFigures {
  const { handlers, limits, memory, tally } = endpoint;
  let handlersInFlight = 0;
  let slowConnections = 0;
  for (const connection of connections) {
    handlersInFlight += connection.handlersInFlight;
    if (connection.queuedBytes > limits.softQueueBytes) slowConnections += 1;
  }
  const received = [...handlers].map(([name, entry]) => [name, entry.received] as const);
  return {
    receivedByType: { ...tally.unheard.byName, ...Object.fromEntries(received) },
    sentByType: tally.sent.byName,
    turnedAwayBy,
    topics,
    maxBufferedBytes: memory.maxBytes,
    handlersInFlight,
    slowConnections,
  };
}

/** How these calls may fail. */
export function callCodesOf(calls: AnyProtocol["calls"]): readonly string[] {
  const shapes = Object.values(calls);
  if (shapes.length === 0) return [];
  return [...callErrorCodes, ...shapes.flatMap(({ errors }) => errors)];
}
