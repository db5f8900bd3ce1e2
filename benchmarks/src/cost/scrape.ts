// How long a scrape holds the loop of a server with many connections: the text is written in one go.

import type { Benchmark } from "../benchmark.ts";
import { LastingPair, Pair } from "../end-to-end/pair.ts";
import type { PeerSpec } from "../end-to-end/peers.ts";
import { contest } from "../end-to-end/scenario.ts";

const spec: PeerSpec = {
  name: "typewire",
  runtime: "bun",
  program: "typewire.ts",
  args: ["watched"],
  checks: "all of the schema",
};

export const SCRAPE = "cost/scrape";

/** In each round; the longest of them is the figure. */
const SCRAPES = 20;

export function scrapeBenchmark(wanted: number): Benchmark {
  return {
    name: SCRAPE,
    run(effort) {
      const connections = effort.quick ? Math.min(wanted, 20) : wanted;
      const about = `how long a scrape holds the loop of a server with ${connections} connections, the longest of ${SCRAPES} of a round`;
      const title = { name: SCRAPE, about, unit: "ms", better: "lower" } as const;
      const lasting = new LastingPair(async () => {
        const pair = await Pair.start(spec, "posted");
        await pair.connect(connections);
        return pair;
      });
      return contest(title, [spec], effort, ({ name }) => ({
        name,
        lasts: true,
        async sample() {
          const { server } = await lasting.get();
          const { longestMs } = await server.ask({ do: "scrape", times: SCRAPES });
          return longestMs;
        },
        [Symbol.asyncDispose]: () => lasting[Symbol.asyncDispose](),
      }));
    },
  };
}
