// What is off, or only watches, should cost nothing: a server that is watched against the same that is not, and a server
// of this tree against one of an earlier revision.

import type { Benchmark } from "../benchmark.ts";
import type { PeerSpec } from "../end-to-end/peers.ts";
import { beforeBenchmark } from "./before.ts";
import { scrapeBenchmark } from "./scrape.ts";
import { serverTimeBenchmark } from "./server-time.ts";

const CONNECTIONS_SCRAPED = 10_000;

/** Of a comparison on and off, the side without comes first: its ratio says what the other costs. */
export const UNWATCHED = "typewire";
export const WATCHED = "with metrics";

const unwatched: PeerSpec = {
  name: UNWATCHED,
  runtime: "bun",
  program: "typewire.ts",
  checks: "all of the schema",
};
const watched: PeerSpec = { ...unwatched, name: WATCHED, args: ["watched"] };

const sides = async (): Promise<readonly PeerSpec[]> => [unwatched, watched];

export const costBenchmarks: readonly Benchmark[] = [
  serverTimeBenchmark({
    name: "cost/metrics/request",
    about:
      "processor time of a server for each message that it receives, validates, handles and answers; with metrics: handlers are timed, and one scrape a second is answered",
    load: "request",
    sides,
  }),
  serverTimeBenchmark({
    name: "cost/metrics/stream",
    about: "the same for each message that it sends",
    load: "stream",
    sides,
  }),
  scrapeBenchmark(CONNECTIONS_SCRAPED),
  beforeBenchmark("request", unwatched),
  beforeBenchmark("stream", unwatched),
];
