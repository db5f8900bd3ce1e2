// What a message costs a server: the processor time of its process, of all threads. It says the same on a machine
// that others use as well, which times from end to end do not; and what the client costs is not in it.

import { readdirSync, readFileSync } from "node:fs";

import type { Benchmark, Effort } from "../benchmark.ts";
import type { Comparison } from "../comparison.ts";
import { LastingPair, Pair } from "../end-to-end/pair.ts";
import type { PeerSpec } from "../end-to-end/peers.ts";
import { type Contestant, contest } from "../end-to-end/scenario.ts";
import { settle, streamOnce } from "../end-to-end/stream.ts";

/** `request`: each message is answered; `stream`: the server sends. */
export type Load = "request" | "stream";

/** What such a benchmark is called and consists of. */
export interface ServerTimeOptions {
  readonly name: string;
  readonly about: string;
  readonly load: Load;
  /** Made when the benchmark runs. */
  readonly sides: (effort: Effort) => Promise<readonly PeerSpec[]>;
}

const CONNECTIONS = 32;
/** Requests under way, over all connections together. */
const IN_FLIGHT = 256;
const ROUND_MS = 1000;
const QUICK_ROUND_MS = 20;
/** Before each round, uncounted: the pair has been idle while the others were measured. */
const RUN_UP = 0.1;
/** The first, before their rate is known. */
const FIRST = 512;

export function serverTimeBenchmark({ name, about, load, sides }: ServerTimeOptions): Benchmark {
  return {
    name,
    async run(effort): Promise<Comparison> {
      const title = { name, about, unit: "ns/message", better: "lower" } as const;
      return contest(title, await sides(effort), effort, (spec) => loaded(spec, load, effort));
    },
  };
}

function loaded(spec: PeerSpec, load: Load, { quick }: Effort): Contestant {
  const targetMs = quick ? QUICK_ROUND_MS : ROUND_MS;
  let count = FIRST;
  const lasting = new LastingPair(async () => {
    const pair = await Pair.start(spec, "posted");
    await pair.connect(CONNECTIONS);
    count = await warmUp(pair, load, targetMs);
    return pair;
  });
  return {
    name: spec.name,
    lasts: true,
    async sample() {
      const pair = await lasting.get();
      await work(pair, load, Math.ceil(count * RUN_UP));
      const before = processorNs(pair.serverPid);
      const messages = await work(pair, load, count);
      return (processorNs(pair.serverPid) - before) / messages;
    },
    [Symbol.asyncDispose]: () => lasting[Symbol.asyncDispose](),
  };
}

/** How many messages take about `targetMs`, of each connection or in all, once the code is warm. */
async function warmUp(pair: Pair, load: Load, targetMs: number): Promise<number> {
  if (load === "stream") {
    await streamOnce(pair, FIRST, true);
    return settle(pair, FIRST, targetMs);
  }
  let count = FIRST;
  // Twice: the first rate is that of cold code.
  for (let turn = 0; turn < 2; turn += 1) {
    const { perSecond } = await ask(pair, count);
    count = Math.max(FIRST, Math.round((perSecond * targetMs) / 1000));
  }
  return count;
}

/** Returns how many messages the server has sent or answered. */
async function work(pair: Pair, load: Load, count: number): Promise<number> {
  if (load === "stream") {
    await streamOnce(pair, count, false);
    return count * CONNECTIONS;
  }
  await ask(pair, count);
  return count;
}

function ask({ client }: Pair, requests: number): Promise<{ readonly perSecond: number }> {
  return client.ask({ do: "request", requests, inFlight: IN_FLIGHT });
}

/** What all threads of a process have had of the processors so far. */
function processorNs(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks).reduce(
    (sum, task) => sum + Number(readFileSync(`${tasks}/${task}/schedstat`, "utf8").split(" ")[0]),
    0,
  );
}
