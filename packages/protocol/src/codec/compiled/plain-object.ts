// What may be written as a map, as generated encoders ask it.

import { isMap } from "../../schema/describe-kind.ts";

/** Whether the reference path would take `value` for an object: see `isMap`. */
export function isObject(value: unknown): boolean {
  return isPlainObject(value) || isMap(value);
}

export function isPlainObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
