// Finds two equal items of a list, for `uniqueItems`, in linear time: by the item where it has no parts, by a
// text of it where it has some. TypeBox's hash would take 3 µs an item, and throws where a value has none. Keys
// may stand in any order; 0 and −0 differ, as they do on the wire.

import { isHollow, isMap } from "./describe-kind.ts";

/** Which item is the same as an earlier one. */
export interface Repetition {
  readonly index: number;
  readonly first: number;
}

/** The first item that is equal to an earlier one; undefined where all differ. */
export function repetitionIn(items: readonly unknown[]): Repetition | undefined {
  const whole = new Map<unknown, number>();
  const composed = new Map<string, number>();
  for (let index = 0; index < items.length; index += 1) {
    const item = items[index];
    const hasParts = typeof item === "object" && item !== null;
    const first = hasParts
      ? firstUnder(composed, textOf(item), index)
      : firstUnder(whole, Object.is(item, -0) ? NEGATIVE_ZERO : item, index);
    if (first !== undefined) return { index, first };
  }
  return undefined;
}

/** A Map takes −0 for 0. */
const NEGATIVE_ZERO = Symbol("-0");

/** The index that `key` has been met at; undefined where it is new, and then met at `index`. */
function firstUnder<Key>(met: Map<Key, number>, key: Key, index: number): number | undefined {
  const first = met.get(key);
  if (first === undefined) met.set(key, index);
  return first;
}

/** A text that equal values have in common, and no others of those that travel. */
function textOf(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "bigint":
      return `${value}n`;
    case "object":
      return value === null ? "null" : textOfObject(value);
    default:
      return Object.is(value, -0) ? "-0" : String(value);
  }
}

function textOfObject(value: object): string {
  if (Array.isArray(value)) return `[${value.map(textOf).join()}]`;
  // What has no wire form is refused when it is written.
  if (isHollow(value)) return "hollow";
  if (value instanceof Date) return `date ${value.getTime()}`;
  if (value instanceof Uint8Array) return `bytes ${value.join()}`;
  if (!isMap(value)) return "foreign";
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, part]) => `${JSON.stringify(name)}:${textOf(part)}`).join()}}`;
}
