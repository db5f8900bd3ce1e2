// Publishing to a topic that every connection has subscribed to, against a broadcast: in turns, on the same
// connections of the same processes, until the last has received and validated the message.

import type { Benchmark, Effort } from "../benchmark.ts";
import { broadcastOnce } from "../end-to-end/broadcast.ts";
import { LastingPair, Pair } from "../end-to-end/pair.ts";
import type { PeerSpec } from "../end-to-end/peers.ts";
import { contest } from "../end-to-end/scenario.ts";
import { median } from "../statistics.ts";

const WARM_UPS = 3;
/** In each round, of each. */
const REPEATS = 6;

type How = "publish" | "broadcast";

export const PUBLISH = "typewire";
export const BROADCAST = "broadcast";

const spec: PeerSpec = {
  name: PUBLISH,
  runtime: "bun",
  program: "typewire.ts",
  args: ["topic"],
  checks: "all of the schema",
};

export function publishBenchmark(wanted: number): Benchmark {
  const name = "calls/publish";
  return {
    name,
    run(effort: Effort) {
      const connections = effort.quick ? Math.min(wanted, 20) : wanted;
      const title = {
        name,
        about: `one message published to a topic of ${connections} connections, until the last has it; against a broadcast to the same`,
        unit: "ms",
        better: "lower",
      } as const;
      const lasting = new LastingPair(async () => {
        const pair = await Pair.start(spec, "posted");
        await pair.connect(connections);
        for (let warmUp = 0; warmUp < WARM_UPS; warmUp += 1) {
          for (const how of ["broadcast", "publish"] as const) await broadcastOnce(pair, true, how);
        }
        return pair;
      });
      const specs = [spec, { ...spec, name: BROADCAST }];
      const turns = new Turns(() => lasting.get());
      return contest(title, specs, effort, ({ name: side }) => ({
        name: side,
        lasts: true,
        sample: () => turns.sample(side === BROADCAST ? "broadcast" : "publish"),
        [Symbol.asyncDispose]: () => lasting[Symbol.asyncDispose](),
      }));
    },
  };
}

/** Measures both in turns, message by message, when the first of a round is asked for. */
class Turns {
  readonly #pair: () => Promise<Pair>;
  readonly #measured = new Map<How, number>();

  constructor(pair: () => Promise<Pair>) {
    this.#pair = pair;
  }

  async sample(how: How): Promise<number> {
    const measured = this.#measured.get(how) ?? (await this.#measure(how));
    this.#measured.delete(how);
    return measured;
  }

  async #measure(how: How): Promise<number> {
    const pair = await this.#pair();
    const other: How = how === "publish" ? "broadcast" : "publish";
    const elapsedMs: Record<How, number[]> = { publish: [], broadcast: [] };
    for (let count = 0; count < REPEATS; count += 1) {
      for (const each of count % 2 === 0 ? [how, other] : [other, how]) {
        elapsedMs[each].push(await broadcastOnce(pair, false, each));
      }
    }
    this.#measured.set(other, median(elapsedMs[other]));
    return median(elapsedMs[how]);
  }
}
