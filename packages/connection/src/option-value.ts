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
  if (value instanceof Promise) return "a promise";
  const name = classOf(value);
  return name === undefined ? "an object" : `an object of the class ${name}`;
}

/** The name of the class that an object is of, where it is not a plain one: a signal in the place of options, say. */
function classOf(value: object): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || typeof prototype !== "object" || prototype === null)
    return undefined;
  const { constructor } = prototype;
  const name: unknown = typeof constructor === "function" ? constructor.name : undefined;
  // A plain object of another realm has an `Object` of its own.
  if (typeof name !== "string" || name === "Object") return undefined;
  return /^[\w$]{1,64}$/.test(name) ? name : undefined;
}
