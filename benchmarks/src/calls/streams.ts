// Streams: messages a second, from the server or both ways, and bytes a second in chunks of 32 KiB.

import type { Benchmark, Effort } from "../benchmark.ts";
import type { PeerSpec } from "../end-to-end/peers.ts";
import { contest } from "../end-to-end/scenario.ts";
import { CHUNK_BYTES } from "./items.ts";
import { type Work, working } from "./rounds.ts";

const FIRST_ITEMS = 500;
const FIRST_CHUNKS = 20;

const ABOUT = {
  down: "seven-field messages as the items of a stream from the server",
  both: "such items from the client and back, in one call",
} as const;

export function itemsBenchmark(kind: "down" | "both", peers: readonly PeerSpec[]): Benchmark {
  const name = `calls/items/${kind}`;
  const title = { name, about: ABOUT[kind], unit: "items/s", better: "higher" } as const;
  const work: Work<{ readonly perSecond: number }> = {
    first: FIRST_ITEMS,
    run: ({ client }, items) => client.ask({ do: "stream", items, kind }),
    rateOf: ({ perSecond }) => perSecond,
    figureOf: ({ perSecond }) => perSecond,
  };
  return {
    name,
    run: (effort: Effort) => contest(title, peers, effort, (spec) => working(spec, work, effort)),
  };
}

export function chunksBenchmark(peers: readonly PeerSpec[]): Benchmark {
  const name = "calls/chunks";
  const title = {
    name,
    about: "chunks of 32 KiB as the items of a stream from the server",
    unit: "MiB/s",
    better: "higher",
  } as const;
  const work: Work<{ readonly bytesPerSecond: number }> = {
    first: FIRST_CHUNKS,
    run: ({ client }, chunks) => client.ask({ do: "chunks", chunks }),
    rateOf: ({ bytesPerSecond }) => bytesPerSecond / CHUNK_BYTES,
    figureOf: ({ bytesPerSecond }) => bytesPerSecond / 2 ** 20,
  };
  return {
    name,
    run: (effort: Effort) => contest(title, peers, effort, (spec) => working(spec, work, effort)),
  };
}
