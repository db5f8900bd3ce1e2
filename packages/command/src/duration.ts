// Lengths of time on the command line: a number and its unit, `500ms`, `60s`, `1.5m`, `2h`.
//
// A bare number is refused: `--timeout 500` means seconds to one reader and milliseconds to the next.
// The longest is 576 hours, because a timer takes 2^31 - 1 ms and fires at once beyond that.

import type { FlagValue } from "./flag-value.ts";

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** Units from the largest down, as `formatDuration` tries them. */
const units = ["h", "m", "s", "ms"] as const;

const MAX_DURATION_MS = 576 * unitMs.h;

/** Milliseconds, or undefined when `text` is not a duration. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,10}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text);
  if (match === null) return undefined;
  const [, amount, unit] = match;
  const milliseconds = Number(amount) * unitMs[unit as keyof typeof unitMs];
  return milliseconds <= MAX_DURATION_MS ? Math.round(milliseconds) : undefined;
}

/** The shortest exact form: 60000 is `1m`, 1500 is `1500ms`, 0 is `0s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return "0s";
  const unit = units.find((candidate) => milliseconds % unitMs[candidate] === 0) ?? "ms";
  return `${milliseconds / unitMs[unit]}${unit}`;
}

/** A duration of at least `minMs`. */
export function durationValue(minMs: number): FlagValue<number> {
  return {
    takes: `a duration from ${formatDuration(minMs)} to 576h, such as 500ms, 60s or 2m`,
    parse(text) {
      const milliseconds = parseDuration(text);
      return milliseconds !== undefined && milliseconds >= minMs ? milliseconds : undefined;
    },
  };
}
