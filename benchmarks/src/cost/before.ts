// The server of this tree against that of an earlier revision, each with the peer program and the client of its own tree.

import { join } from "node:path";

import type { Benchmark } from "../benchmark.ts";
import type { PeerSpec } from "../end-to-end/peers.ts";
import { checkOut } from "./revision.ts";
import { type Load, serverTimeBenchmark } from "./server-time.ts";

const PROGRAM = "benchmarks/src/end-to-end/peers/typewire.ts";

/** What the earlier server is called in the rows. */
export const BEFORE = "before";

const ABOUT: Readonly<Record<Load, string>> = {
  request:
    "processor time of a server for each message that it receives, validates, handles and answers; before: at the revision that `--before` named",
  stream: "the same for each message that it sends",
};

export function beforeBenchmark(load: Load, now: PeerSpec): Benchmark {
  const name = `cost/before/${load}`;
  return {
    name,
    needsBefore: true,
    async run(effort) {
      if (effort.before === undefined) throw new Error("needs --before REVISION");
      await using checkout = await checkOut(effort.before);
      const before = { ...now, name: BEFORE, program: join(checkout.folder, PROGRAM) };
      const sides = async (): Promise<readonly PeerSpec[]> => [now, before];
      const about = ABOUT[load].replace("that `--before` named", checkout.commit);
      // Awaited: the checkout is there until then.
      return await serverTimeBenchmark({ name, about, load, sides }).run(effort);
    },
  };
}
