/**
 * What kind of value this is, for an error: never the value itself. In the words of what travels, because a
 * peer in another language reads it too.
 */
export function describeKind(value: unknown): string {
  switch (typeof value) {
    case "string":
      return `string of length ${value.length}`;
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
  if (Array.isArray(value)) return `array of ${value.length}`;
  if (value instanceof Date) return Number.isFinite(value.getTime()) ? "date" : "invalid date";
  if (value instanceof Uint8Array) return `byte string of ${value.length}`;
  if (value instanceof Map || value instanceof Set) return value instanceof Map ? "map" : "Set";
  return "object";
}
