// A small call beside a stream that fills the connection: how long it takes, where the peer has nothing else to do than
// to send. The stream runs for longer than the calls are made.

import type { Benchmark, Effort } from "../benchmark.ts";
import type { Comparison, Facts } from "../comparison.ts";
import { LastingPair, Pair } from "../end-to-end/pair.ts";
import type { PeerSpec } from "../end-to-end/peers.ts";
import { type Contestant, contest } from "../end-to-end/scenario.ts";
import { median } from "../statistics.ts";
import { formatFigure } from "../table.ts";

const CALLS_MS = 700;
const QUICK_CALLS_MS = 20;
/** The stream goes on for so many times as long. */
const LONGER = 2.5;
/** The first streams of a pair, before its rate is known. */
const FIRST_ITEMS = 2000;
const RATE_ROUNDS = 6;
const IDLE_CALLS = 300;

export function besideStreamBenchmark(name: string, peers: readonly PeerSpec[]): Benchmark {
  return {
    name,
    run(effort: Effort): Promise<Comparison> {
      const title = {
        name,
        about: "a call, one in flight, beside a stream that fills the same connection",
        unit: "µs (p50)",
        better: "lower",
      } as const;
      const callsMs = effort.quick ? QUICK_CALLS_MS : CALLS_MS;
      return contest(title, peers, effort, (spec) => calling(spec, callsMs));
    },
  };
}

interface Seen {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly idleUs: number;
  readonly itemsPerSecond: number;
}

function calling(spec: PeerSpec, callsMs: number): Contestant {
  let perMs = 0;
  const seen: Seen[] = [];
  const lasting = new LastingPair(async () => {
    const pair = await Pair.start(spec, "posted");
    await pair.connect(1);
    for (let round = 0, items = FIRST_ITEMS; round < RATE_ROUNDS; round += 1) {
      const elapsedMs = await streamBeside(pair, items, async () => {});
      perMs = items / elapsedMs;
      items = Math.max(FIRST_ITEMS, Math.ceil((perMs * callsMs) / 2));
    }
    return pair;
  });
  return {
    name: spec.name,
    lasts: true,
    async sample() {
      const pair = await lasting.get();
      const idle = await pair.client.ask({ do: "request", requests: IDLE_CALLS, inFlight: 1 });
      const items = Math.max(FIRST_ITEMS, Math.ceil(perMs * callsMs * LONGER));
      let figures = idle;
      const elapsedMs = await streamBeside(pair, items, async () => {
        figures = await pair.client.ask({
          do: "request",
          requests: 1_000_000,
          inFlight: 1,
          forMs: callsMs,
        });
      });
      if (elapsedMs < callsMs) throw new Error("the stream ended before the calls did");
      const { p50Us, p99Us } = figures;
      seen.push({ p50Us, p99Us, idleUs: idle.p50Us, itemsPerSecond: (items * 1000) / elapsedMs });
      return p50Us;
    },
    facts: () => factsOf(seen),
    [Symbol.asyncDispose]: () => lasting[Symbol.asyncDispose](),
  };
}

/** Streams `items` while `work` goes on, and resolves with how long the stream took. */
async function streamBeside(
  { server, client }: Pair,
  items: number,
  work: () => Promise<void>,
): Promise<number> {
  await client.ask({ do: "expect", each: items, verify: false });
  const streamed = server.ask({ do: "stream", each: items });
  await work();
  const { lastAtMs } = await client.ask({ do: "received" });
  return lastAtMs - (await streamed).startedAtMs;
}

function factsOf(seen: readonly Seen[]): Facts {
  if (seen.length === 0) return {};
  const middle = (pick: (each: Seen) => number): string => formatFigure(median(seen.map(pick)));
  return {
    "p99 µs": middle(({ p99Us }) => p99Us),
    "idle µs": middle(({ idleUs }) => idleUs),
    "items/s": middle(({ itemsPerSecond }) => itemsPerSecond),
  };
}
