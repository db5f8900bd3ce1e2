// Short connections: connect, call once, close. Several at a time, to one server.

import type { Benchmark, Effort } from "../benchmark.ts";
import type { PeerSpec } from "../end-to-end/peers.ts";
import { contest } from "../end-to-end/scenario.ts";
import { type Work, working } from "./rounds.ts";

const IN_FLIGHT = 16;
const FIRST_CONNECTIONS = 32;
/**
 * Of each side, in all of its timed rounds. A closed connection lingers for a minute, and there are 28 000 ports; Linux
 * takes the port of one to the same machine again after a second (`net.ipv4.tcp_tw_reuse`).
 */
const CONNECTIONS = 100_000;
const QUICK_CONNECTIONS = 1000;

export function coldBenchmark(peers: readonly PeerSpec[]): Benchmark {
  const name = "calls/cold";
  const title = {
    name,
    about: `connections that make one call and are closed, ${IN_FLIGHT} at a time`,
    unit: "connections/s",
    better: "higher",
  } as const;
  const workOf = ({ quick, rounds }: Effort): Work<{ readonly perSecond: number }> => ({
    first: FIRST_CONNECTIONS,
    amount: Math.ceil((quick ? QUICK_CONNECTIONS : CONNECTIONS) / rounds),
    run: ({ client, port }, connections) =>
      client.ask({ do: "cold", port, connections, inFlight: IN_FLIGHT }),
    rateOf: ({ perSecond }) => perSecond,
    figureOf: ({ perSecond }) => perSecond,
  });
  return {
    name,
    run(effort: Effort) {
      const work = workOf(effort);
      return contest(title, peers, effort, (spec) => working(spec, work, effort));
    },
  };
}
