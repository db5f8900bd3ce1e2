// Values whose own type says how they travel: every leaf but dates, big integers and undefined, and all
// that no schema describes.

import { FALSE, MAJOR, NULL, TRUE } from "../../../cbor/write.ts";
import { schemaMismatch, toPointer } from "../../../errors.ts";
import { describeKind, isHollow, isMap } from "../../../schema/describe-kind.ts";
import { writeBigInt } from "./leaf.ts";
import type { EncodeWalk, Fields } from "./walk.ts";

export function writeUnknown(walk: EncodeWalk, value: unknown): void {
  switch (typeof value) {
    case "string":
      walk.text(value);
      return;
    case "number":
      walk.number(value);
      return;
    case "boolean":
      walk.simple(value ? TRUE : FALSE);
      return;
    case "bigint":
      if (Number.isSafeInteger(Number(value))) {
        const expected = "a number, since without a schema this arrives as one";
        throw schemaMismatch(toPointer(walk.path), expected, "JavaScript bigint");
      }
      writeBigInt(walk, value);
      return;
    case "object":
      writeObject(walk, value);
      return;
    default:
      throw walk.mismatch("a value that can travel", value);
  }
}

function writeObject(walk: EncodeWalk, value: object | null): void {
  if (value === null) {
    walk.simple(NULL);
  } else if (isHollow(value)) {
    throw walk.mismatch("a value that can travel", value);
  } else if (value instanceof Uint8Array) {
    walk.bytes(value);
  } else if (Array.isArray(value)) {
    writeItems(walk, value);
  } else {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      const received = isMap(value) ? "JavaScript object of a class" : describeKind(value);
      throw schemaMismatch(toPointer(walk.path), "a plain object", received);
    }
    writeMap(walk, value as Fields);
  }
}

function writeItems(walk: EncodeWalk, items: readonly unknown[]): void {
  // Taken once: a getter among the items may change the array.
  const { length } = items;
  walk.enter(MAJOR.array, length);
  for (let index = 0; index < length; index += 1) {
    walk.path.push(index);
    writeUnknown(walk, items[index]);
    walk.path.pop();
  }
  walk.leave();
}

function writeMap(walk: EncodeWalk, fields: Fields): void {
  const names = Object.keys(fields);
  walk.enter(MAJOR.map, names.length);
  for (const name of names) {
    walk.path.push(name);
    writeTextKey(walk, name);
    writeUnknown(walk, fields[name]);
    walk.path.pop();
  }
  walk.leave();
}

/** A key that is text; `__proto__` is refused by every reader. */
export function writeTextKey(walk: EncodeWalk, name: string): void {
  if (name === "__proto__") throw walk.mismatch("any key but __proto__", name);
  walk.text(name);
}
