// Sizes in bytes on the command line: `1048576`, `64KiB`, `1MiB`, `1.5GiB`. Units are powers of 1024
// and say so; `MB` is refused, because half of its readers would be off by five per cent.

import type { FlagValue } from "./flag-value.ts";

const unitBytes = { "": 1, B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

/** Units from the largest down, as `formatSize` tries them. */
const units = ["GiB", "MiB", "KiB"] as const;

/** Whole bytes, or undefined when `text` is not a size. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,12}(?:\.\d{1,3})?)(B|KiB|MiB|GiB|)$/.exec(text);
  if (match === null) return undefined;
  const [, amount, unit] = match;
  const bytes = Number(amount) * unitBytes[unit as keyof typeof unitBytes];
  return Number.isInteger(bytes) ? bytes : undefined;
}

/** The largest unit that divides it: 1048576 is `1MiB`, 1000 is `1000`. */
export function formatSize(bytes: number): string {
  const unit = units.find((candidate) => bytes > 0 && bytes % unitBytes[candidate] === 0) ?? "";
  return `${bytes / unitBytes[unit]}${unit}`;
}

/** A size from `minBytes` to `maxBytes`. */
export function sizeValue(minBytes: number, maxBytes: number): FlagValue<number> {
  return {
    takes: `a size from ${formatSize(minBytes)} to ${formatSize(maxBytes)}, such as 64KiB or 1MiB`,
    parse(text) {
      const bytes = parseSize(text);
      return bytes !== undefined && bytes >= minBytes && bytes <= maxBytes ? bytes : undefined;
    },
  };
}
