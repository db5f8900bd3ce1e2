// What no schema describes, as plain JavaScript data: integers as numbers where a number holds them, maps
// as objects, bytes copied out of the frame. Also the form in which a value that fits nothing is left.

import { fits64Bits } from "../../../cbor/write.ts";
import { describeItem } from "../../../schema/describe-kind.ts";
import type { DecodeWalk, Raw, RawMap } from "./walk.ts";

export function reviveUnknown(walk: DecodeWalk, raw: Raw): unknown {
  switch (typeof raw) {
    case "bigint": {
      const number = toNumber(raw);
      return typeof number === "bigint" ? assert64Bits(walk, number) : number;
    }
    case "undefined":
      throw walk.mismatch("a value", describeItem(raw));
    case "object":
      if (raw instanceof Uint8Array) return new Uint8Array(raw);
      if (raw instanceof Map) return reviveMap(walk, raw);
      return Array.isArray(raw) ? reviveItems(walk, raw) : raw;
    default:
      return raw;
  }
}

function reviveItems(walk: DecodeWalk, raw: readonly Raw[]): unknown[] {
  return raw.map((item, index) => {
    walk.path.push(index);
    const value = reviveUnknown(walk, item);
    walk.path.pop();
    return value;
  });
}

function reviveMap(walk: DecodeWalk, raw: RawMap): unknown {
  const object: Record<string, unknown> = {};
  for (const [key, value] of raw) {
    walk.path.push(String(key));
    if (typeof key !== "string") throw walk.mismatch("a text key", "an integer key");
    object[key] = reviveUnknown(walk, value);
    walk.path.pop();
  }
  return object;
}

/** An integer that came in eight bytes as a number, where a number holds it; any other value as it is. */
export function toNumber(raw: Raw): unknown {
  if (typeof raw !== "bigint") return raw;
  const number = Number(raw);
  return Number.isSafeInteger(number) ? number : raw;
}

/** @throws TypewireError `schema-mismatch` where no 64-bit integer holds `value`. */
export function assert64Bits(walk: DecodeWalk, value: bigint): bigint {
  if (fits64Bits(value)) return value;
  throw walk.mismatch("an integer of at most 64 bits", "a larger one");
}
