// The benchmarks of calls by name.

import type { Benchmark } from "../benchmark.ts";
import { affordable } from "../end-to-end/benchmarks.ts";
import { besideBenchmark } from "./beside.ts";
import { coldBenchmark } from "./cold.ts";
import { latencyBenchmark, rateBenchmark, waysBenchmark } from "./latency.ts";
import { connectionMemoryBenchmark, openMemoryBenchmark } from "./memory.ts";
import { byHand, ownMessages, raw, rivals, typewire, wide } from "./peers.ts";
import { publishBenchmark } from "./publish.ts";
import { slowBenchmark } from "./slow.ts";
import { chunksBenchmark, itemsBenchmark } from "./streams.ts";

const callers = [typewire, raw, byHand, ...rivals.call];
/** As many as a picture can show. */
const pictured = callers.slice(0, 6);

export const callBenchmarks: readonly Benchmark[] = [
  latencyBenchmark("p50Us", callers),
  repetition(rateBenchmark(1, pictured)),
  repetition(rateBenchmark(8, pictured)),
  rateBenchmark(64, callers),
  repetition(rateBenchmark(256, pictured)),
  waysBenchmark(64),
  itemsBenchmark("down", [typewire, wide, ownMessages, ...rivals.down]),
  itemsBenchmark("both", [typewire, wide, ...rivals.both]),
  chunksBenchmark([typewire, wide, raw, ...rivals.chunks]),
  besideBenchmark("p50Us", rivals.down),
  repetition(besideBenchmark("p99Us", rivals.down)),
  slowBenchmark([typewire, ...rivals.down]),
  connectionMemoryBenchmark(affordable(5000)),
  openMemoryBenchmark("call", 45, 200),
  openMemoryBenchmark("stream", 150, 60),
  publishBenchmark(affordable(10_000)),
  coldBenchmark([typewire, ...rivals.cold]),
];

function repetition(benchmark: Benchmark): Benchmark {
  return { ...benchmark, isRepetition: true };
}
