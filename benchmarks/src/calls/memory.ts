// What calls cost in the server's resident memory: a connection of a protocol that has them, one that is
// open, a stream that is open. New processes in each round. Handlers are the least there are: they return
// a promise, or an iterator, that all calls share.

import type { Benchmark, Effort } from "../benchmark.ts";
import { residentKibibytes } from "../end-to-end/connections.ts";
import type { PeerSpec } from "../end-to-end/peers.ts";
import { type Contestant, contest } from "../end-to-end/scenario.ts";
import { CallPair } from "./pair.ts";
import { byHand, typewire } from "./peers.ts";

/** Opened before anything is measured, for caches, pools and compiled code to be there. */
const FIRST_SHARE = 0.1;
const REST_MS = 300;
const QUICK_REST_MS = 10;
/** The name of the side that is a protocol of messages alone. */
export const WITHOUT_CALLS = "a protocol without calls";

/** A connection of a protocol with calls, none of them open, and of one without. */
export function connectionMemoryBenchmark(connections: number): Benchmark {
  const name = "calls/memory/connection";
  const specs = [typewire, { ...byHand, name: WITHOUT_CALLS }];
  return {
    name,
    run(effort: Effort) {
      const count = effort.quick ? 50 : connections;
      const title = {
        name,
        about: `resident memory of the server for each of ${count} idle connections`,
        unit: "bytes/connection",
        better: "lower",
      } as const;
      return contest(title, specs, effort, (spec) =>
        growing(spec, effort, async (pair, share) => {
          const wanted = Math.round(count * share);
          await pair.connect(wanted);
          return wanted;
        }),
      );
    },
  };
}

/** Open calls, or open streams, on so many connections. */
export function openMemoryBenchmark(
  kind: "call" | "stream",
  connections: number,
  each: number,
): Benchmark {
  const name = `calls/memory/${kind}`;
  return {
    name,
    run(effort: Effort) {
      const count = effort.quick ? 3 : connections;
      const title = {
        name,
        about: `resident memory of the server for each ${kind} that is open, ${each} on each of ${count} connections`,
        unit: `bytes/${kind}`,
        better: "lower",
      } as const;
      return contest(title, [typewire], effort, (spec) =>
        growing(
          spec,
          effort,
          async (pair, share) => {
            const wanted = Math.max(1, Math.round(each * share));
            await pair.client.ask({ do: "hold", kind, each: wanted });
            return wanted * count;
          },
          (pair) => pair.connect(count - 1),
        ),
      );
    },
  };
}

/** `grow` adds a share of what is measured, and says how much that was. */
function growing(
  spec: PeerSpec,
  effort: Effort,
  grow: (pair: CallPair, share: number) => Promise<number>,
  prepare: (pair: CallPair) => Promise<void> = async () => {},
): Contestant {
  const restMs = effort.quick ? QUICK_REST_MS : REST_MS;
  return {
    name: spec.name,
    lasts: false,
    async sample() {
      await using pair = await CallPair.start(spec);
      await prepare(pair);
      await grow(pair, FIRST_SHARE);
      const before = await restingBytes(pair, restMs);
      const count = await grow(pair, 1 - FIRST_SHARE);
      const after = await restingBytes(pair, restMs);
      // A process that gives memory back while it is filled is no use as a figure, and no failure.
      return Math.max(1, (after - before) / count);
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function restingBytes({ server, serverPid }: CallPair, restMs: number): Promise<number> {
  await server.ask({ do: "settle" });
  await Bun.sleep(restMs);
  return residentKibibytes(serverPid) * 1024;
}
