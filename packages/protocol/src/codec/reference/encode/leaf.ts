// Leaves whose JavaScript type alone does not say how they travel: dates, big integers and undefined.

import { fits64Bits, UNDEFINED } from "../../../cbor/write.ts";
import { isHollow } from "../../../schema/describe-kind.ts";
import { faultByItself } from "../../../schema/fault.ts";
import type { LeafShape } from "../../../schema/shape.ts";
import type { EncodeWalk } from "./walk.ts";

export function writeDate(walk: EncodeWalk, shape: LeafShape, value: unknown): void {
  if (!(value instanceof Date) || isHollow(value)) throw walk.mismatch("date", value);
  // Asked once: a class of the program's may say something else the next time.
  const taken = new Date(value.getTime());
  walk.judge(faultByItself(shape, taken, ""));
  walk.number(taken.getTime());
}

export function writeBigInt(walk: EncodeWalk, value: unknown): void {
  if (typeof value !== "bigint") throw walk.mismatch("bigint", value);
  if (!fits64Bits(value)) throw walk.mismatch("an integer of at most 64 bits", value);
  walk.bigint(value);
}

export function writeUndefined(walk: EncodeWalk, value: unknown): void {
  if (value !== undefined) throw walk.mismatch("undefined", value);
  walk.simple(UNDEFINED);
}
