// A very quick end-to-end run of Typewire and the ceiling, over real processes. The other systems are run
// by `bun run bench` alone.

import { describe, expect, test } from "bun:test";

import type { Benchmark, Effort } from "../src/benchmark.ts";
import { broadcastBenchmark } from "../src/end-to-end/broadcast.ts";
import { acceptBenchmark, idleMemoryBenchmark } from "../src/end-to-end/connections.ts";
import { Pair } from "../src/end-to-end/pair.ts";
import { peers } from "../src/end-to-end/peers.ts";
import { requestBenchmark } from "../src/end-to-end/request.ts";
import { streamBenchmark } from "../src/end-to-end/stream.ts";

const DEADLINE_MS = 30_000;
const chosen = peers.filter(({ name }) => name === "typewire" || name === "raw Bun TCP");
const effort: Effort = { quick: true, together: false, rounds: 1, sides: [] };
const one = { workload: "posted", connections: 1, peers: chosen, about: "" } as const;

const benchmarks: readonly Benchmark[] = [
  streamBenchmark({ ...one, name: "stream" }),
  streamBenchmark({ ...one, name: "stream to several", connections: 3 }),
  streamBenchmark({ ...one, name: "stream of texts", workload: "text/1000" }),
  requestBenchmark({ ...one, name: "request", inFlight: 8, figure: "p99Us" }),
  broadcastBenchmark(100, chosen),
  acceptBenchmark(100, chosen),
  idleMemoryBenchmark(100, chosen),
];

describe("an end-to-end benchmark", () => {
  test.each(benchmarks.map(({ name, run }) => [name, run] as const))(
    "measures typewire and the ceiling: %s",
    async (_, run) => {
      const { rows } = await run(effort);
      expect(rows.map(({ side, failure }) => ({ side, failure }))).toEqual([
        { side: "typewire", failure: undefined },
        { side: "raw Bun TCP", failure: undefined },
      ]);
    },
    DEADLINE_MS,
  );
});

describe("Pair", () => {
  const [spec] = chosen;
  if (spec === undefined) throw new Error("expected typewire among the peers");

  test(
    "says what the peer says when a command fails",
    async () => {
      await using pair = await Pair.start(spec, "posted");
      const failed = pair.server.ask({ do: "stream", each: 1 }).catch(String);
      expect(await failed).toBe("Error: stream: nobody is connected");
    },
    DEADLINE_MS,
  );

  test(
    "ends both processes",
    async () => {
      const pair = await Pair.start(spec, "posted");
      await pair[Symbol.asyncDispose]();
      for (const { pid } of [pair.server, pair.client]) {
        expect(() => process.kill(pid, 0)).toThrow();
      }
    },
    DEADLINE_MS,
  );
});
