// Request and answer: the client sends a message, the server validates it and sends it back, the client
// validates that. Latencies as the client sees them.

import type { Benchmark, Effort } from "../benchmark.ts";
import type { Comparison, Facts } from "../comparison.ts";
import { median } from "../statistics.ts";
import { formatFigure } from "../table.ts";
import type { Replies } from "./control.ts";
import { LastingPair, Pair } from "./pair.ts";
import type { PeerSpec } from "./peers.ts";
import { type Contestant, contest } from "./scenario.ts";
import type { WorkloadName } from "./workload.ts";

/** What a request benchmark is called and consists of. */
export interface RequestOptions {
  readonly name: string;
  readonly about: string;
  readonly workload: WorkloadName;
  readonly connections: number;
  /** Requests under way, over all connections together. */
  readonly inFlight: number;
  /** The latency that half, or all but a hundredth, of the requests stay below. */
  readonly figure: "p50Us" | "p99Us";
  readonly peers: readonly PeerSpec[];
}

const ROUND_MS = 1000;
const QUICK_ROUND_MS = 20;
/** Asked before each round, untimed: the pair has been idle while the others were measured. */
const RUN_UP = 0.1;
/** The first requests of a pair, before their rate is known. */
const FIRST_REQUESTS = 200;

export function requestBenchmark(options: RequestOptions): Benchmark {
  return { name: options.name, run: (effort) => runRequests(options, effort) };
}

function runRequests(options: RequestOptions, effort: Effort): Promise<Comparison> {
  const { name, about, figure, peers } = options;
  const unit = figure === "p50Us" ? "µs (p50)" : "µs (p99)";
  const targetMs = effort.quick ? QUICK_ROUND_MS : ROUND_MS;
  const title = { name, about, unit, better: "lower" } as const;
  return contest(title, peers, effort, (spec) => requesting(spec, options, targetMs));
}

function requesting(
  spec: PeerSpec,
  { workload, connections, inFlight, figure }: RequestOptions,
  targetMs: number,
): Contestant {
  let requests = Math.max(FIRST_REQUESTS, inFlight);
  const seen: Replies["request"][] = [];
  const ask = ({ client }: Pair, share = 1): Promise<Replies["request"]> =>
    client.ask({ do: "request", requests: Math.ceil(requests * share), inFlight });
  const lasting = new LastingPair(async () => {
    const pair = await Pair.start(spec, workload);
    await pair.connect(connections);
    // Twice: the first rate is that of cold code.
    for (let warmUp = 0; warmUp < 2; warmUp += 1) {
      const { perSecond } = await ask(pair);
      requests = Math.max(inFlight, Math.round((perSecond * targetMs) / 1000));
    }
    return pair;
  });
  return {
    name: spec.name,
    lasts: true,
    async sample() {
      const pair = await lasting.get();
      await ask(pair, RUN_UP);
      const reply = await ask(pair);
      seen.push(reply);
      return reply[figure];
    },
    facts: () => factsOf(seen, figure),
    [Symbol.asyncDispose]: () => lasting[Symbol.asyncDispose](),
  };
}

function factsOf(seen: readonly Replies["request"][], figure: RequestOptions["figure"]): Facts {
  if (seen.length === 0) return {};
  const middle = (pick: (reply: Replies["request"]) => number): string =>
    formatFigure(median(seen.map(pick)));
  const other =
    figure === "p50Us"
      ? { "p99 µs": middle(({ p99Us }) => p99Us) }
      : { "p50 µs": middle(({ p50Us }) => p50Us) };
  return { ...other, "answers/s": middle(({ perSecond }) => perSecond) };
}
