// Leaves that are not what cbor-x makes of them: dates, which travel as milliseconds, and big integers.

import { MAX_DATE_MS } from "../../../schema/shape.ts";
import { assert64Bits, reviveUnknown } from "./unknown.ts";
import type { DecodeWalk, Raw } from "./walk.ts";

/** A whole number of milliseconds that a Date can hold becomes one; anything else stays. */
export function reviveDate(walk: DecodeWalk, raw: Raw): unknown {
  const value = reviveUnknown(walk, raw);
  return typeof value === "number" && Number.isInteger(value) && Math.abs(value) <= MAX_DATE_MS
    ? new Date(value)
    : value;
}

/** A whole number becomes a BigInt; anything else stays. */
export function reviveBigInt(walk: DecodeWalk, raw: Raw): unknown {
  if (Number.isSafeInteger(raw)) return BigInt(raw as number);
  return typeof raw === "bigint" ? assert64Bits(walk, raw) : reviveUnknown(walk, raw);
}
