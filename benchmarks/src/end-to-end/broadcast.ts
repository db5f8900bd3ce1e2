// Broadcast: one message to every connection, until the last of them has received and validated it. A new
// pair of processes for each round, because ten thousand connections of every system do not fit at once.

import type { Benchmark, Effort } from "../benchmark.ts";
import type { Comparison } from "../comparison.ts";
import { median } from "../statistics.ts";
import { Pair } from "./pair.ts";
import type { PeerSpec } from "./peers.ts";
import { type Contestant, contest } from "./scenario.ts";

const WARM_UPS = 3;
const BROADCASTS = 7;

export function broadcastBenchmark(connections: number, peers: readonly PeerSpec[]): Benchmark {
  const name = `end-to-end/broadcast/${connections}`;
  return { name, run: (effort) => runBroadcast(name, connections, peers, effort) };
}

function runBroadcast(
  name: string,
  wanted: number,
  peers: readonly PeerSpec[],
  effort: Effort,
): Promise<Comparison> {
  const connections = effort.quick ? Math.min(wanted, 20) : wanted;
  const title = {
    name,
    about: `one message to ${connections} connections, until the last has it`,
    unit: "ms",
    better: "lower",
  } as const;
  return contest(title, peers, effort, (spec) => broadcasting(spec, connections));
}

function broadcasting(spec: PeerSpec, connections: number): Contestant {
  return {
    name: spec.name,
    lasts: false,
    async sample() {
      await using pair = await Pair.start(spec, "posted");
      await pair.connect(connections);
      for (let warmUp = 0; warmUp < WARM_UPS; warmUp += 1) await broadcastOnce(pair, true);
      const elapsedMs: number[] = [];
      for (let count = 0; count < BROADCASTS; count += 1) {
        elapsedMs.push(await broadcastOnce(pair, false));
      }
      return median(elapsedMs);
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** Milliseconds until the last connection has one message, sent to all or to those of the topic. */
export async function broadcastOnce(
  { server, client, connections }: Pair,
  verify: boolean,
  how: "broadcast" | "publish" = "broadcast",
): Promise<number> {
  await client.ask({ do: "expect", each: 1, verify });
  const [{ startedAtMs, recipients }, { lastAtMs }] = await Promise.all([
    server.ask({ do: "broadcast", how }),
    client.ask({ do: "received" }),
  ]);
  if (recipients !== connections) {
    throw new Error(`broadcast: expected ${connections} recipients, got ${recipients}`);
  }
  return lastAtMs - startedAtMs;
}
