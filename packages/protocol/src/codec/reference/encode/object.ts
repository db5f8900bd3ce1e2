// Objects and records: named properties in the order of the schema, then those that the schema describes
// by their keys. What it does not describe is left out, or refused where the object has none but its own.

import { MAJOR } from "../../../cbor/write.ts";
import { schemaMismatch, toPointer, type TypewireError } from "../../../errors.ts";
import { isMap } from "../../../schema/describe-kind.ts";
import { faultOfCount } from "../../../schema/fault.ts";
import { readObject } from "../../../schema/parts.ts";
import type { ObjectShape } from "../../../schema/shape.ts";
import { writeTextKey } from "./unknown.ts";
import type { EncodeWalk, Fields } from "./walk.ts";

export function writeObject(walk: EncodeWalk, shape: ObjectShape, value: unknown): void {
  // TypeBox takes any object for one, dates and Maps included.
  if (!isMap(value)) throw walk.mismatch("map", value);
  const { isMessage } = walk;
  const reading = readObject(shape, value as Fields, isMessage ? "type" : undefined);
  const { parts, dropped, missing, misplaced } = reading;
  if (missing !== undefined) throw misfit(walk, missing, "a required property", "nothing");
  if (misplaced !== undefined) throw misfit(walk, misplaced, "no such property", "one");
  walk.judge(faultOfCount(shape, () => parts.length, ""));
  walk.dropped += dropped;
  walk.enter(MAJOR.map, isMessage ? parts.length + 1 : parts.length);
  if (isMessage) {
    walk.text("type");
    walk.text(walk.type);
  }
  for (const part of parts) {
    walk.path.push(part.name);
    if (part.keys === "text") writeTextKey(walk, part.name);
    else writeIntegerKey(walk, part.name);
    walk.value(part.shape, part.value);
    walk.path.pop();
  }
  walk.leave();
}

function misfit(walk: EncodeWalk, name: string, expected: string, received: string): TypewireError {
  return schemaMismatch(toPointer([...walk.path, name]), expected, received);
}

function writeIntegerKey(walk: EncodeWalk, name: string): void {
  const key = Number(name);
  if (!Number.isSafeInteger(key)) {
    throw schemaMismatch(toPointer(walk.path), "a key within ±(2^53 − 1)", "a larger one");
  }
  walk.number(key);
}
