// A consumer that takes one item and then no more: how much of the stream sender, receiver and the kernel
// between them hold after ten seconds. Counted in items that the sender's source was asked for.

import type { Benchmark, Effort } from "../benchmark.ts";
import { residentKibibytes } from "../end-to-end/connections.ts";
import type { PeerSpec } from "../end-to-end/peers.ts";
import { readyFrames } from "../end-to-end/ready-frames.ts";
import { type Contestant, contest } from "../end-to-end/scenario.ts";
import { workload } from "./items.ts";
import { CallPair } from "./pair.ts";

const WAIT_MS = 10_000;
const QUICK_WAIT_MS = 200;
/** A source that gives nothing in the last part of the time stands still. */
const LAST_SHARE = 0.2;
/** Where a source ends: a system that gets so far holds back nothing. */
const MOST_ITEMS = 500_000;
const QUICK_MOST_ITEMS = 5000;

/** Bytes that an item takes as one of Typewire's messages, in the middle: the same for all systems. */
const ITEM_BYTES: number = Math.round(
  readyFrames(workload).cycle.length / workload.messages.length,
);

/** Typewire's window, and what one item may be more than that. */
const WINDOW_KIB = 64;
const MOST_FRAME_KIB = 1;
export const MOST_HELD_KIB: number = WINDOW_KIB + MOST_FRAME_KIB;

export function slowBenchmark(peers: readonly PeerSpec[]): Benchmark {
  const name = "calls/slow-consumer";
  return {
    name,
    run(effort: Effort) {
      const waitMs = effort.quick ? QUICK_WAIT_MS : WAIT_MS;
      const most = effort.quick ? QUICK_MOST_ITEMS : MOST_ITEMS;
      const title = {
        name,
        about: `held between source and consumer ${waitMs / 1000} s after the consumer has stopped, as items of ${ITEM_BYTES} bytes; the source has ${most}`,
        unit: "KiB held",
        better: "lower",
      } as const;
      // What is held does not depend on the machine's mood, and each round takes so long.
      const once = { ...effort, rounds: 1 };
      return contest(title, peers, once, (spec) => stalling(spec, waitMs, most));
    },
  };
}

function stalling(spec: PeerSpec, waitMs: number, most: number): Contestant {
  let facts: Record<string, string | number> = {};
  return {
    name: spec.name,
    lasts: false,
    async sample() {
      await using pair = await CallPair.start(spec);
      const { items: before } = await pair.server.ask({ do: "produced" });
      const pids = [pair.serverPid, pair.client.pid] as const;
      const [sender, receiver] = pids.map(residentKibibytes);
      await pair.client.ask({ do: "stall", items: most });
      await Bun.sleep(waitMs * (1 - LAST_SHARE));
      const { items: earlier } = await pair.server.ask({ do: "produced" });
      await Bun.sleep(waitMs * LAST_SHARE);
      const { items: after } = await pair.server.ask({ do: "produced" });
      const [senderAfter, receiverAfter] = pids.map(residentKibibytes);
      const held = after - before - 1;
      facts = {
        "items held": held,
        "source stands still": after === earlier && held < most - 1 ? "yes" : "no",
        "sender's memory, MiB": growth(sender, senderAfter),
        "receiver's, MiB": growth(receiver, receiverAfter),
      };
      return Math.max(held * ITEM_BYTES, 1) / 1024;
    },
    facts: () => facts,
    async [Symbol.asyncDispose]() {},
  };
}

function growth(before: number | undefined, after: number | undefined): string {
  return `+${(Math.max(0, (after ?? 0) - (before ?? 0)) / 1024).toFixed(1)}`;
}
