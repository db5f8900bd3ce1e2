// One-way stream: the server sends, the client receives, validates and counts. From the moment the server
// is told until the client has the last message.

import type { Benchmark, Effort } from "../benchmark.ts";
import type { Comparison } from "../comparison.ts";
import { LastingPair, Pair } from "./pair.ts";
import type { PeerSpec } from "./peers.ts";
import { type Contestant, contest } from "./scenario.ts";
import type { WorkloadName } from "./workload.ts";

/** What a stream benchmark is called and consists of. */
export interface StreamOptions {
  readonly name: string;
  readonly about: string;
  readonly workload: WorkloadName;
  readonly connections: number;
  readonly peers: readonly PeerSpec[];
}

const ROUND_MS = 1000;
const QUICK_ROUND_MS = 20;
/** Sent before each round, untimed: the pair has been idle while the others were measured. */
const RUN_UP = 0.1;
/** The first stream to a connection: short, every message compared with what was sent. */
const VERIFIED_MESSAGES = 128;

export function streamBenchmark(options: StreamOptions): Benchmark {
  return { name: options.name, run: (effort) => runStream(options, effort) };
}

function runStream(
  { name, about, workload, connections, peers }: StreamOptions,
  effort: Effort,
): Promise<Comparison> {
  const title = { name, about, unit: "messages/s", better: "higher" } as const;
  const targetMs = effort.quick ? QUICK_ROUND_MS : ROUND_MS;
  return contest(title, peers, effort, (spec) => streaming(spec, workload, connections, targetMs));
}

function streaming(
  spec: PeerSpec,
  workload: WorkloadName,
  connections: number,
  targetMs: number,
): Contestant {
  let each = VERIFIED_MESSAGES;
  const lasting = new LastingPair(async () => {
    const pair = await Pair.start(spec, workload);
    await pair.connect(connections);
    await streamOnce(pair, each, true);
    each = await settle(pair, each, targetMs);
    return pair;
  });
  return {
    name: spec.name,
    lasts: true,
    async sample() {
      const pair = await lasting.get();
      await streamOnce(pair, Math.ceil(each * RUN_UP), false);
      const elapsedMs = await streamOnce(pair, each, false);
      return (each * connections * 1000) / elapsedMs;
    },
    [Symbol.asyncDispose]: () => lasting[Symbol.asyncDispose](),
  };
}

/** How many messages to each connection take about `targetMs`. Streams more and more until it takes long enough; this is the warm-up as well. */
export async function settle(pair: Pair, initial: number, targetMs: number): Promise<number> {
  let each = initial;
  for (;;) {
    const elapsedMs = await streamOnce(pair, each, false);
    if (elapsedMs >= targetMs / 2) return Math.max(1, Math.round((each * targetMs) / elapsedMs));
    // Cold code is slower, so it is approached from below.
    each = Math.ceil(each * Math.min(8, Math.max(2, targetMs / elapsedMs)));
  }
}

/** Milliseconds for `each` messages to each connection. */
export async function streamOnce(
  { server, client }: Pair,
  each: number,
  verify: boolean,
): Promise<number> {
  await client.ask({ do: "expect", each, verify });
  const [{ startedAtMs }, { lastAtMs }] = await Promise.all([
    server.ask({ do: "stream", each }),
    client.ask({ do: "received" }),
  ]);
  return lastAtMs - startedAtMs;
}
