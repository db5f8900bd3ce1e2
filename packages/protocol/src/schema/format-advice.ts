// What to write for a format of JSON Schema or OpenAPI: most are types of their own here, and travel as such.

/** What stands for a format, whatever the kind of type. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ["base64", "Type.Uint8Array()"],
  ["binary", "Type.Uint8Array()"],
  ["byte", "Type.Uint8Array()"],
  ["date-time", "Type.Date()"],
  ["int-or-string", "Type.Union([Type.Integer(), Type.String()])"],
  ["int32", "Type.Integer({ minimum: -2147483648, maximum: 2147483647 })"],
  ["int64", "Type.BigInt({ minimum: -(2n ** 63n), maximum: 2n ** 63n - 1n })"],
  ["timestamp", "Type.Date()"],
  ["uint32", "Type.Integer({ minimum: 0, maximum: 4294967295 })"],
  ["uint64", "Type.BigInt({ minimum: 0n })"],
  ["unix-time", "Type.Date(), which travels as milliseconds, or leave it out"],
]);

/** What to write for a text whose format has no check. */
export function adviceOnUnregistered(format: string): string {
  const type = TYPES.get(format);
  const instead = type === undefined ? "write a pattern" : `write ${type}`;
  const name = JSON.stringify(format);
  return `${instead}, or call FormatRegistry.Set(${name}, check) first, with the FormatRegistry of "typewire"`;
}

/** What to write for the format of a number. */
export function adviceOnNumber(format: unknown): string {
  if (format === "double" || format === "decimal") return "leave it out: a number is a double";
  const type = TYPES.get(String(format));
  const bounds = 'write "minimum" and "maximum"';
  if (type === undefined) return bounds;
  return type.startsWith("Type.Integer") ? `${bounds}: ${type}` : `write ${type}`;
}
