// A value of JSON as the item that docs/wire.md has for it.

import { array, double, integer, map, NULL, text, TRUE } from "../cbor.ts";

const FALSE = Uint8Array.of(0xf4);

/** The item of a value that JSON can write. */
export function itemOfJson(value: unknown): Uint8Array {
  if (value === null) return NULL;
  if (typeof value === "boolean") return value ? TRUE : FALSE;
  if (typeof value === "string") return text(value);
  if (typeof value === "number") {
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? integer(value) : double(value);
  }
  if (Array.isArray(value)) return array(...value.map(itemOfJson));
  const entries = Object.entries(value as object);
  return map(...entries.flatMap(([name, part]) => [text(name), itemOfJson(part)]));
}
