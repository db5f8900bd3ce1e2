// A small call beside a stream that is read as fast as it comes, on one connection: what other traffic
// costs those who wait for an answer.

import type { Benchmark, Effort } from "../benchmark.ts";
import type { PeerSpec } from "../end-to-end/peers.ts";
import { contest } from "../end-to-end/scenario.ts";
import { median } from "../statistics.ts";
import { formatFigure } from "../table.ts";
import type { CallFigures } from "./control.ts";
import { callFacts } from "./latency.ts";
import { typewire } from "./peers.ts";
import { lastingPairOf, type Work, working } from "./rounds.ts";

const FIRST_CALLS = 20;
/** The side that has no stream beside it. */
export const IDLE = "typewire, no stream";

type Busy = CallFigures & { readonly itemsPerSecond: number };

function besideStream(figure: "p50Us" | "p99Us"): Work<Busy> {
  return {
    first: FIRST_CALLS,
    run: ({ client }, calls) => client.ask({ do: "beside", calls }),
    rateOf: ({ perSecond }) => perSecond,
    figureOf: (figures) => figures[figure],
    factsOf: (seen) => ({
      ...callFacts(seen, figure),
      ...(seen.length > 0 && {
        "items/s": formatFigure(median(seen.map(({ itemsPerSecond }) => itemsPerSecond))),
      }),
    }),
  };
}

function idle(figure: "p50Us" | "p99Us"): Work<CallFigures> {
  return {
    first: FIRST_CALLS,
    run: ({ client }, calls) => client.ask({ do: "call", calls, inFlight: 1, way: "plain" }),
    rateOf: ({ perSecond }) => perSecond,
    figureOf: (figures) => figures[figure],
    factsOf: (seen) => callFacts(seen, figure),
  };
}

export function besideBenchmark(figure: "p50Us" | "p99Us", peers: readonly PeerSpec[]): Benchmark {
  const short = figure.slice(0, 3);
  const name = `calls/beside/${short}`;
  const title = {
    name,
    about:
      "a call, one in flight, while a stream of seven-field messages is read on the same connection",
    unit: `µs (${short})`,
    better: "lower",
  } as const;
  const idleSpec: PeerSpec = { ...typewire, name: IDLE };
  return {
    name,
    run(effort: Effort) {
      const shared = lastingPairOf(typewire);
      return contest(title, [typewire, idleSpec, ...peers], effort, (spec) => {
        if (spec === idleSpec) return working(spec, idle(figure), effort, shared);
        return working(spec, besideStream(figure), effort, spec === typewire ? shared : undefined);
      });
    },
  };
}
