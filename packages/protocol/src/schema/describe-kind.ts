/**
 * What kind of value this is, for an error: never the value itself. In the words of what travels (text, list,
 * map, bytes), because a peer in another language reads it too.
 */
export function describeKind(value: unknown): string {
  switch (typeof value) {
    case "string":
      return `text of length ${value.length}`;
    case "number":
      if (Number.isInteger(value)) return "integer";
      return Number.isFinite(value) ? "number" : String(value);
    case "bigint":
      return Number.isSafeInteger(Number(value)) ? "integer" : "integer beyond ±(2^53−1)";
    case "undefined":
      return "undefined";
    case "object":
      return describeObject(value);
    default:
      return typeof value;
  }
}

function describeObject(value: object | null): string {
  if (value === null) return "null";
  if (isHollow(value)) return "JavaScript object with the prototype of a date or of bytes";
  if (Array.isArray(value)) return `list of ${value.length}`;
  if (value instanceof Date) return Number.isFinite(value.getTime()) ? "date" : "invalid date";
  if (value instanceof Uint8Array) return `bytes of length ${value.length}`;
  // Only a program of ours can have these, and it is to write an object instead.
  if (value instanceof Map || value instanceof Set) {
    return value instanceof Map ? "JavaScript Map" : "JavaScript Set";
  }
  if (value instanceof Promise) return "JavaScript Promise";
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
    return "JavaScript buffer that is no Uint8Array";
  }
  return "map";
}

/** Whether `value` passes for a date or for bytes, and is none: a Proxy around one, or an object made of the prototype. */
export function isHollow(value: unknown): boolean {
  try {
    if (value instanceof Date) value.getTime();
    else if (value instanceof Uint8Array) void value.length;
    return false;
  } catch {
    return true;
  }
}

/** As `describeKind`, of an item as it is read: there a Map is what holds the keys of a map. */
export function describeItem(item: unknown): string {
  return item instanceof Map ? "map" : describeKind(item);
}

/** Whether `value` travels as a map: an object, and no array, Date, Map, Set, Promise, bytes or other buffer. */
export function isMap(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  if (ArrayBuffer.isView(value)) return false;
  return ![Date, Map, Set, Promise, Uint8Array, ArrayBuffer].some((kind) => value instanceof kind);
}
