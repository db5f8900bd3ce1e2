// Takes measurements of all sides of a comparison in turns, so that whatever slows the machine for a
// while slows all of them. Knows nothing of what is measured; time is the sides' own business.

/** One of the things compared. */
export interface Side {
  readonly name: string;
  /** Makes one measurement, in the comparison's unit. A side that throws is out of the comparison. */
  sample(): number | Promise<number>;
}

/** How often every side is measured: `warmUp` rounds are thrown away, `timed` ones are kept. */
export interface Rounds {
  readonly warmUp: number;
  readonly timed: number;
}

/** What one side's rounds have given: a sample of each timed round, or why it could not go on. */
export interface Series {
  readonly name: string;
  readonly samples: readonly number[];
  readonly failure?: string;
}

/**
 * The order of `count` sides in a round. Two rounds begin, one forwards and one backwards, with each side
 * in turn, so that none always inherits the caches, or the garbage, of the same neighbour.
 */
export function orderOf(round: number, count: number): readonly number[] {
  const first = Math.floor(round / 2);
  const order = Array.from({ length: count }, (_, index) => (first + index) % count);
  return round % 2 === 0 ? order : order.reverse();
}

/** Measures every side once in each round. `between` runs before each measurement, untimed. */
export async function interleave(
  sides: readonly Side[],
  { warmUp, timed }: Rounds,
  between: () => void | Promise<void> = () => {},
): Promise<readonly Series[]> {
  const running = sides.map((side) => ({
    side,
    samples: [] as number[],
    failure: undefined as string | undefined,
  }));
  for (let round = 0; round < warmUp + timed; round += 1) {
    for (const index of orderOf(round, sides.length)) {
      const entry = running[index];
      if (entry === undefined || entry.failure !== undefined) continue;
      try {
        await between();
        const sample = await entry.side.sample();
        if (!Number.isFinite(sample)) throw new Error(`expected a figure, got ${sample}`);
        if (round >= warmUp) entry.samples.push(sample);
      } catch (error) {
        entry.failure = error instanceof Error ? error.message : String(error);
      }
    }
  }
  return running.map(({ side, samples, failure }) => ({
    name: side.name,
    samples: failure === undefined ? samples : [],
    ...(failure !== undefined && { failure }),
  }));
}
