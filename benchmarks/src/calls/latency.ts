// Calls as their caller sees them: how long one takes, how many a second there are, and what a signal,
// `try` and middlewares cost.

import type { Benchmark, Effort } from "../benchmark.ts";
import type { Facts } from "../comparison.ts";
import type { PeerSpec } from "../end-to-end/peers.ts";
import { contest } from "../end-to-end/scenario.ts";
import { median } from "../statistics.ts";
import { formatFigure } from "../table.ts";
import type { CallFigures, Way } from "./control.ts";
import { middlewares, typewire } from "./peers.ts";
import { lastingPairOf, type Work, working } from "./rounds.ts";

const FIRST_CALLS = 200;

function calling(inFlight: number, way: Way, figure: keyof CallFigures): Work<CallFigures> {
  return {
    first: Math.max(FIRST_CALLS, inFlight),
    run: ({ client }, calls) => client.ask({ do: "call", calls, inFlight, way }),
    rateOf: ({ perSecond }) => perSecond,
    figureOf: (figures) => figures[figure],
    factsOf: (seen) => callFacts(seen, figure),
  };
}

/** The figures that are not the comparison's own. */
export function callFacts(seen: readonly CallFigures[], own: keyof CallFigures): Facts {
  if (seen.length === 0) return {};
  const names = { p50Us: "p50 µs", p99Us: "p99 µs", perSecond: "calls/s" } as const;
  const others = Object.entries(names).filter(([key]) => key !== own);
  return Object.fromEntries(
    others.map(([key, name]) => [
      name,
      formatFigure(median(seen.map((figures) => figures[key as keyof CallFigures]))),
    ]),
  );
}

/** One call after the other. */
export function latencyBenchmark(figure: "p50Us" | "p99Us", peers: readonly PeerSpec[]): Benchmark {
  const short = figure.slice(0, 3);
  const name = `calls/latency/${short}`;
  const title = {
    name,
    about: "a call with the seven-field message that is answered with it, one in flight",
    unit: `µs (${short})`,
    better: "lower",
  } as const;
  return {
    name,
    run: (effort: Effort) =>
      contest(title, peers, effort, (spec) => working(spec, calling(1, "plain", figure), effort)),
  };
}

export function rateBenchmark(inFlight: number, peers: readonly PeerSpec[]): Benchmark {
  const name = `calls/rate/${inFlight}`;
  const title = {
    name,
    about: `such calls on one connection, ${inFlight} in flight`,
    unit: "calls/s",
    better: "higher",
  } as const;
  return {
    name,
    run: (effort: Effort) =>
      contest(title, peers, effort, (spec) =>
        working(spec, calling(inFlight, "plain", "perSecond"), effort),
      ),
  };
}

/** The ways of one pair of processes, so that only the way differs. */
const WAYS = {
  typewire: "plain",
  "a signal given by the caller": "caller's signal",
  "a signal asked for by the handler": "handler's signal",
  try: "try",
} as const satisfies Record<string, Way>;

/** What a call costs more with a signal, with `try`, and with three middlewares. */
export function waysBenchmark(inFlight: number): Benchmark {
  const name = "calls/ways";
  const title = {
    name,
    about: `calls of Typewire in several ways, ${inFlight} in flight; all but the middlewares in one pair of processes`,
    unit: "calls/s",
    better: "higher",
  } as const;
  const specs = [...Object.keys(WAYS).map((way) => ({ ...typewire, name: way })), middlewares];
  return {
    name,
    run(effort: Effort) {
      const shared = lastingPairOf(typewire);
      return contest(title, specs, effort, (spec) => {
        const way: Way = WAYS[spec.name as keyof typeof WAYS] ?? "plain";
        const pair = spec === middlewares ? undefined : shared;
        return working(spec, calling(inFlight, way, "perSecond"), effort, pair);
      });
    },
  };
}
