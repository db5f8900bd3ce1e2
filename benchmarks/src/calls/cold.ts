// Short connections: connect, call once, close. Several at a time, to one server.

import type { Benchmark, Effort } from "../benchmark.ts";
import type { PeerSpec } from "../end-to-end/peers.ts";
import { contest } from "../end-to-end/scenario.ts";
import { type Work, working } from "./rounds.ts";

const IN_FLIGHT = 16;
const FIRST_CONNECTIONS = 32;
/** In a round at most, so that ports do not run out while closed connections linger. */
const MOST_CONNECTIONS = 1000;

export function coldBenchmark(peers: readonly PeerSpec[]): Benchmark {
  const name = "calls/cold";
  const title = {
    name,
    about: `connections that make one call and are closed, ${IN_FLIGHT} at a time`,
    unit: "connections/s",
    better: "higher",
  } as const;
  const work: Work<{ readonly perSecond: number }> = {
    first: FIRST_CONNECTIONS,
    run: ({ client, port }, amount) =>
      client.ask({
        do: "cold",
        port,
        connections: Math.min(amount, MOST_CONNECTIONS),
        inFlight: IN_FLIGHT,
      }),
    rateOf: ({ perSecond }) => perSecond,
    figureOf: ({ perSecond }) => perSecond,
  };
  return {
    name,
    run: (effort: Effort) => contest(title, peers, effort, (spec) => working(spec, work, effort)),
  };
}
