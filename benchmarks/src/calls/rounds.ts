// A side of a comparison of calls: a lasting pair of processes, and an amount of work that takes a round.

import type { Effort } from "../benchmark.ts";
import type { Facts } from "../comparison.ts";
import type { PeerSpec } from "../end-to-end/peers.ts";
import type { Contestant } from "../end-to-end/scenario.ts";
import { CallPair, LastingCallPair } from "./pair.ts";

/** What a round does and shows. */
export interface Work<Figures> {
  /** How much the first run is, before its rate is known. */
  readonly first: number;
  /** How much of it is a round. Default: what takes half a second. */
  readonly amount?: number;
  /** Does so much of it. */
  run(pair: CallPair, amount: number): Promise<Figures>;
  /** How much of it a second has. */
  rateOf(figures: Figures): number;
  /** The comparison's figure. */
  figureOf(figures: Figures): number;
  factsOf?(seen: readonly Figures[]): Facts;
}

const ROUND_MS = 500;
const QUICK_ROUND_MS = 15;
/** Done before each round, untimed: the pair has been idle while the others were measured. */
const RUN_UP = 0.1;
/** Runs before the first round, the first of them short: until a rate is no longer that of cold code. */
const MOST_WARM_UPS = 12;
/** A run is steady that is at most so many times as fast as the fastest before it. */
const STEADY = 1.1;
/**
 * The code is warm after so many steady runs in a row. One alone may have been slow because the engine compiled
 * meanwhile: in the third run of streams both ways its compiler takes 60 % of each process's time.
 */
const STEADY_RUNS = 2;

export function lastingPairOf(spec: PeerSpec): LastingCallPair {
  return new LastingCallPair(() => CallPair.start(spec));
}

/** The side `spec` with its own processes, or with those of `lasting`. */
export function working<Figures>(
  spec: PeerSpec,
  work: Work<Figures>,
  effort: Effort,
  lasting: LastingCallPair = lastingPairOf(spec),
): Contestant {
  const targetMs = effort.quick ? QUICK_ROUND_MS : ROUND_MS;
  const seen: Figures[] = [];
  let amount: number | undefined;
  const settle = async (pair: CallPair): Promise<number> => {
    let next = work.first;
    let fastest = 0;
    let steady = 0;
    for (let warmUp = 1; warmUp <= MOST_WARM_UPS && steady < STEADY_RUNS; warmUp += 1) {
      const rate = work.rateOf(await work.run(pair, next));
      next = Math.max(work.first, Math.round((rate * targetMs) / 1000));
      steady = rate < fastest * STEADY ? steady + 1 : 0;
      fastest = Math.max(fastest, rate);
    }
    return next;
  };
  return {
    name: spec.name,
    lasts: true,
    async sample() {
      const pair = await lasting.get();
      if (amount === undefined) {
        const settled = await settle(pair);
        amount = work.amount ?? settled;
      }
      await work.run(pair, Math.ceil(amount * RUN_UP));
      const figures = await work.run(pair, amount);
      seen.push(figures);
      return work.figureOf(figures);
    },
    facts: () => work.factsOf?.(seen) ?? {},
    verify: () => lasting.verify(),
    [Symbol.asyncDispose]: () => lasting[Symbol.asyncDispose](),
  };
}
