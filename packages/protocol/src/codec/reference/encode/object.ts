// Objects and records: named properties in the order of the schema, then those that the schema describes
// by their keys. What it does not describe is left out, or refused where the object has none but its own.

import { MAJOR } from "../../../cbor/write.ts";
import { schemaMismatch, toPointer } from "../../../errors.ts";
import { isMap } from "../../../schema/describe-kind.ts";
import { outOfPlace } from "../../../schema/fault.ts";
import { toError } from "../../../schema/fault-words.ts";
import { describedParts, isPresent, namedParts, shapeForKey } from "../../../schema/parts.ts";
import { admitsUndefined, type ObjectShape, propertyNamed } from "../../../schema/shape.ts";
import { writeTextKey } from "./unknown.ts";
import type { EncodeWalk, Fields } from "./walk.ts";

export function writeObject(walk: EncodeWalk, shape: ObjectShape, value: unknown): void {
  // TypeBox takes any object for one, dates and Maps included.
  if (!isMap(value)) throw walk.mismatch("map", value);
  const fields = value as Fields;
  assertRequired(walk, shape, fields);
  dropOthers(walk, shape, fields);
  const parts = [...namedParts(shape, fields), ...describedParts(shape, fields)];
  const { isMessage } = walk;
  walk.enter(MAJOR.map, isMessage ? parts.length + 1 : parts.length);
  if (isMessage) {
    walk.text("type");
    walk.text(walk.type);
  }
  for (const part of parts) {
    walk.path.push(part.name);
    if (part.keys === "text") writeTextKey(walk, part.name);
    else writeIntegerKey(walk, part.name);
    walk.value(part.shape, fields[part.name]);
    walk.path.pop();
  }
  walk.leave();
}

/** @throws TypewireError `schema-mismatch` where a required property is absent, whatever its schema. */
function assertRequired(walk: EncodeWalk, shape: ObjectShape, fields: Fields): void {
  for (const { name, optional } of shape.properties) {
    if (optional || isPresent(fields, name)) continue;
    throw schemaMismatch(toPointer([...walk.path, name]), "a required property", "nothing");
  }
}

/**
 * Counts the properties that are left out though they are not named: those that no schema describes, and those
 * that are undefined where the schema of their keys does not take that.
 *
 * @throws TypewireError `schema-mismatch` where one has no place in a closed object or a record.
 */
function dropOthers(walk: EncodeWalk, shape: ObjectShape, fields: Fields): void {
  for (const name of Object.keys(fields)) {
    if (propertyNamed(shape, name) !== undefined || (name === "type" && walk.isMessage)) continue;
    const part = shapeForKey(shape, name);
    // Not read: a getter that nothing describes is never called.
    if (part === undefined && shape.rest !== "refuse") walk.dropped += 1;
    else if (fields[name] === undefined) {
      // Another member of a union may take it.
      if (part === undefined || !admitsUndefined(part)) walk.dropped += 1;
    } else if (part === undefined) {
      throw toError(outOfPlace(shape, fields[name], toPointer([...walk.path, name])));
    }
  }
}

function writeIntegerKey(walk: EncodeWalk, name: string): void {
  const key = Number(name);
  if (!Number.isSafeInteger(key)) {
    throw schemaMismatch(toPointer(walk.path), "a key within ±(2^53 − 1)", "a larger one");
  }
  walk.number(key);
}
