// What connections cost: how many are accepted in a second, and what the server's memory grows by for
// each that is idle. New processes in each round.

import { existsSync, readFileSync } from "node:fs";

import type { Benchmark, Effort } from "../benchmark.ts";
import type { Comparison } from "../comparison.ts";
import { Pair } from "./pair.ts";
import type { PeerSpec } from "./peers.ts";
import { type Contestant, contest } from "./scenario.ts";

/** Opened before anything is measured, for caches, pools and compiled code to be there. */
const FIRST_SHARE = 0.1;
/** How long processes are left alone before their memory is read. */
const REST_MS = 300;
const QUICK_REST_MS = 10;

export function acceptBenchmark(connections: number, peers: readonly PeerSpec[]): Benchmark {
  const name = "end-to-end/accept";
  return {
    name,
    run(effort: Effort): Promise<Comparison> {
      const count = effort.quick ? 50 : connections;
      const title = {
        name,
        about: `${count} connections to a server that has ${count * FIRST_SHARE}, 64 dials at a time`,
        unit: "connections/s",
        better: "higher",
      } as const;
      return contest(title, peers, effort, (spec) => accepting(spec, count));
    },
  };
}

function accepting(spec: PeerSpec, connections: number): Contestant {
  return {
    name: spec.name,
    lasts: false,
    async sample() {
      await using pair = await Pair.start(spec, "posted");
      const first = Math.max(1, Math.round(connections * FIRST_SHARE));
      await pair.connect(first);
      const { elapsedMs } = await pair.connect(first + connections);
      return (connections * 1000) / elapsedMs;
    },
    async [Symbol.asyncDispose]() {},
  };
}

export function idleMemoryBenchmark(connections: number, peers: readonly PeerSpec[]): Benchmark {
  const name = "end-to-end/idle-memory";
  return {
    name,
    run(effort: Effort): Promise<Comparison> {
      const count = effort.quick ? 50 : connections;
      const title = {
        name,
        about: `resident memory of the server for each of ${count} idle connections, the first tenth aside`,
        unit: "bytes/connection",
        better: "lower",
      } as const;
      const restMs = effort.quick ? QUICK_REST_MS : REST_MS;
      return contest(title, peers, effort, (spec) => holding(spec, count, restMs));
    },
  };
}

function holding(spec: PeerSpec, connections: number, restMs: number): Contestant {
  return {
    name: spec.name,
    lasts: false,
    async sample() {
      await using pair = await Pair.start(spec, "posted");
      const first = Math.max(1, Math.round(connections * FIRST_SHARE));
      await pair.connect(first);
      const before = await restingBytes(pair, restMs);
      await pair.connect(connections);
      const after = await restingBytes(pair, restMs);
      // A process that gives memory back while it is filled is no use as a figure, and no failure.
      return Math.max(1, (after - before) / (connections - first));
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** Resident bytes of the server's process once it has nothing to do. */
async function restingBytes({ server, serverPid }: Pair, restMs: number): Promise<number> {
  await server.ask({ do: "settle" });
  await Bun.sleep(restMs);
  const kibibytes = residentKibibytes(serverPid);
  if (!(kibibytes > 0)) throw new Error("expected the resident memory of the server's process");
  return kibibytes * 1024;
}

/** Of a process, from the kernel where it lists processes as files (Linux), from `ps` elsewhere. */
export function residentKibibytes(pid: number): number {
  const status = `/proc/${pid}/status`;
  if (existsSync(status)) return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(status, "utf8"))?.[1]);
  const { stdout } = Bun.spawnSync(["ps", "-o", "rss=", "-p", String(pid)]);
  return Number(stdout.toString().trim());
}
