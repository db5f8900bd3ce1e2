// Objects and records: named properties in the order of the schema, then those that the schema describes
// by their keys. What it does not describe is left out, or refused where the object has none but its own.

import { MAJOR } from "../../../cbor/write.ts";
import { schemaMismatch, toPointer } from "../../../errors.ts";
import { describeKind } from "../../../schema/describe-kind.ts";
import { outOfPlace } from "../../../schema/fault.ts";
import {
  admitsUndefined,
  type Entries,
  type ObjectShape,
  propertyNamed,
  type Shape,
} from "../../../schema/shape.ts";
import { writeTextKey } from "./unknown.ts";
import type { EncodeWalk, Fields } from "./walk.ts";

/** A property that is written: its name, the kind of its key, and the shape of its value. */
interface Part {
  readonly name: string;
  readonly keys: Entries["keys"];
  readonly shape: Shape;
}

export function writeObject(walk: EncodeWalk, shape: ObjectShape, value: unknown): void {
  // TypeBox takes any object for one, dates and Maps included.
  if (describeKind(value) !== "object") throw walk.mismatch("object", value);
  const fields = value as Fields;
  const parts = [...namedParts(walk, shape, fields), ...unnamedParts(walk, shape, fields)];
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
function namedParts(walk: EncodeWalk, shape: ObjectShape, fields: Fields): readonly Part[] {
  const parts: Part[] = [];
  for (const { name, optional, shape: part } of shape.properties) {
    // A property that every object inherits counts only where it is the object's own.
    const present = name in Object.prototype ? Object.hasOwn(fields, name) : name in fields;
    if (present && (!optional || fields[name] !== undefined)) {
      parts.push({ name, keys: "text", shape: part });
    } else if (!optional) {
      throw schemaMismatch(toPointer([...walk.path, name]), "a required property", "nothing");
    }
  }
  return parts;
}

/** @throws TypewireError `schema-mismatch` where a property has no place in a closed object or a record. */
function unnamedParts(walk: EncodeWalk, shape: ObjectShape, fields: Fields): readonly Part[] {
  const parts: Part[] = [];
  for (const name of Object.keys(fields)) {
    if (propertyNamed(shape, name) !== undefined) continue;
    if (name === "type" && walk.isMessage) continue;
    const entries = shape.entries.find(({ pattern }) => pattern.test(name));
    const part = entries?.shape ?? shape.rest;
    const isAbsent = fields[name] === undefined;
    if (typeof part === "object") {
      if (isAbsent && !admitsUndefined(part)) continue;
      parts.push({ name, keys: entries?.keys ?? "text", shape: part });
    } else if (!isAbsent) {
      if (part === "refuse") {
        throw outOfPlace(shape, fields[name], toPointer([...walk.path, name]));
      }
      walk.dropped += 1;
    }
  }
  return parts;
}

function writeIntegerKey(walk: EncodeWalk, name: string): void {
  const key = Number(name);
  if (!Number.isSafeInteger(key)) {
    throw schemaMismatch(toPointer(walk.path), "a key within ±(2^53 − 1)", "a larger one");
  }
  walk.number(key);
}
