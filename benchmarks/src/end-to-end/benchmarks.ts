// The end-to-end benchmarks by name.

import type { Benchmark } from "../benchmark.ts";
import { descriptorLimit } from "../machine.ts";
import { broadcastBenchmark } from "./broadcast.ts";
import { acceptBenchmark, idleMemoryBenchmark } from "./connections.ts";
import { peers, streamPeers } from "./peers.ts";
import { requestBenchmark } from "./request.ts";
import { streamBenchmark } from "./stream.ts";

/** Descriptors that a process needs beside its connections. */
const SPARE_DESCRIPTORS = 500;

/** `wanted` connections, or as many as the descriptors of one process allow. */
export function affordable(wanted: number): number {
  const limit = descriptorLimit();
  return limit === "unlimited" ? wanted : Math.min(wanted, limit - SPARE_DESCRIPTORS);
}

const one = { workload: "posted", connections: 1, peers } as const;

export const endToEndBenchmarks: readonly Benchmark[] = [
  streamBenchmark({
    ...one,
    peers: streamPeers,
    name: "end-to-end/stream",
    about: "seven-field messages from server to client, one connection",
  }),
  ...[1, 64].map((inFlight) =>
    requestBenchmark({
      ...one,
      name: `end-to-end/request/${inFlight}`,
      about: `message and answer, ${inFlight} in flight on one connection`,
      inFlight,
      figure: "p50Us",
    }),
  ),
  ...[100, 1000, affordable(10_000)].map((connections, index) => ({
    ...broadcastBenchmark(connections, peers),
    isRepetition: index > 0,
  })),
  acceptBenchmark(2000, peers),
  idleMemoryBenchmark(affordable(10_000), peers),
];
