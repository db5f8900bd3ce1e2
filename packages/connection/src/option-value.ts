// How the value of an option is told in an error about it.

/**
 * A number and the like as they are written; a text as the kind of value that it is, since "8080" and 8080
 * would read the same, and since it may be a secret.
 */
export function tellOption(value: unknown): string {
  if (typeof value === "string") return value === "" ? "an empty text" : "a text";
  if (typeof value === "function") return "a function";
  if (typeof value === "symbol") return "a symbol";
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return "a list";
  if (value instanceof Uint8Array) return "bytes";
  return value instanceof Promise ? "a promise" : "an object";
}
