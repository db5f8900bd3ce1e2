// What calls and streams cost, beside a raw echo, the same by hand, and what else has calls.

import type { Benchmark } from "../benchmark.ts";
import { broadcastBenchmark } from "../end-to-end/broadcast.ts";
import { affordable, idleMemoryBenchmark } from "../end-to-end/connections.ts";
import { requestBenchmark, type RequestOptions } from "../end-to-end/request.ts";
import { streamBenchmark } from "../end-to-end/stream.ts";
import { besideStreamBenchmark } from "./beside-stream.ts";
import {
  addedPeers,
  besidePeers,
  callPeers,
  chunkPeers,
  idlePeers,
  publishPeers,
  streamPeers,
} from "./peers.ts";

const one = { workload: "posted", connections: 1 } as const;

function called(
  name: string,
  options: Pick<RequestOptions, "peers" | "inFlight" | "figure">,
): Benchmark {
  const about = `a call with seven fields and its answer, ${options.inFlight} in flight on one connection`;
  return requestBenchmark({ ...one, ...options, name, about });
}

export const callBenchmarks: readonly Benchmark[] = [
  called("calls/one", { peers: callPeers, inFlight: 1, figure: "p50Us" }),
  called("calls/many", { peers: callPeers, inFlight: 64, figure: "perSecond" }),
  called("calls/added", { peers: addedPeers, inFlight: 64, figure: "perSecond" }),
  streamBenchmark({
    ...one,
    peers: streamPeers,
    name: "calls/items",
    about: "items of seven fields in a stream from the server, one connection",
  }),
  streamBenchmark({
    ...one,
    workload: "bytes/32768",
    peers: chunkPeers,
    name: "calls/chunks",
    about: "chunks of 32 KiB in a stream from the server, one connection",
  }),
  besideStreamBenchmark("calls/beside", besidePeers),
  broadcastBenchmark(affordable(10_000), publishPeers, "calls/publish"),
  idleMemoryBenchmark(affordable(10_000), idlePeers, "calls/idle-memory"),
];
