// Objects and records: named properties in the order of the schema, then everything else in the order in
// which it came.

import { describeItem } from "../../../schema/describe-kind.ts";
import { type ObjectShape, propertyNamed } from "../../../schema/shape.ts";
import { reviveUnknown } from "./unknown.ts";
import type { DecodeWalk, Raw, RawMap } from "./walk.ts";

export function reviveObject(walk: DecodeWalk, shape: ObjectShape, raw: Raw): unknown {
  // TypeBox takes any object for one, bytes included.
  if (raw instanceof Uint8Array) throw walk.mismatch("map", describeItem(raw));
  return raw instanceof Map ? reviveMap(walk, shape, raw) : reviveUnknown(walk, raw);
}

function reviveMap(walk: DecodeWalk, shape: ObjectShape, raw: RawMap): unknown {
  const object: Record<string, unknown> = {};
  let described = 0;
  for (const { name, optional, shape: part } of shape.properties) {
    const value = raw.get(name);
    if (value === undefined && !raw.has(name)) {
      if (!optional) walk.keepMisfit("a required property", "nothing", name);
      continue;
    }
    walk.path.push(name);
    object[name] = walk.value(part, value);
    walk.path.pop();
    described += 1;
  }
  if (described === raw.size) return object;
  for (const [key, value] of raw) {
    if (typeof key === "string" && Object.hasOwn(object, key) && propertyNamed(shape, key))
      continue;
    walk.path.push(String(key));
    reviveEntry(walk, shape, key, value, object);
    walk.path.pop();
  }
  return object;
}

/** Puts an entry that is not a named property into `object`: one of a record, or one that nothing describes. */
function reviveEntry(
  walk: DecodeWalk,
  shape: ObjectShape,
  rawKey: unknown,
  value: Raw,
  object: Record<string, unknown>,
): void {
  const key = String(rawKey);
  const isText = typeof rawKey === "string";
  const entries = shape.entries.find((candidate) => candidate.pattern.test(key));
  const wantsInteger = (entries ?? shape.entries[0])?.keys === "integer";
  if (isText === wantsInteger) {
    throw walk.mismatch(kindOfKey(!wantsInteger), kindOfKey(isText));
  }
  if (!isText && !Number.isSafeInteger(Number(rawKey))) {
    throw walk.mismatch("a key within ±(2^53 − 1)", "a larger one");
  }
  if (entries !== undefined) object[key] = walk.value(entries.shape, value);
  else if (shape.rest === "drop") walk.dropped += 1;
  else if (shape.rest === "refuse") {
    object[key] = reviveUnknown(walk, value);
    walk.keepMisfit("no such property", describeItem(object[key]));
  } else object[key] = walk.value(shape.rest, value);
}

function kindOfKey(isText: boolean): string {
  return isText ? "a text key" : "an integer key";
}
