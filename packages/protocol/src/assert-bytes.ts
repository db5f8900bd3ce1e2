// Bytes that a program gives: an ArrayBuffer, a text or null would be read as something that no peer has sent.

import { TypewireError } from "./errors.ts";

/** @throws TypewireError `option-invalid` where `value`, which is called `name`, is no Uint8Array. */
export function assertBytes(name: string, value: unknown): asserts value is Uint8Array {
  if (value instanceof Uint8Array) return;
  // One of another realm is one too.
  if (Object.prototype.toString.call(value) === "[object Uint8Array]") return;
  throw new TypewireError(
    "option-invalid",
    `${name}: expected bytes, a Uint8Array, got ${describeOther(value)}`,
  );
}

function describeOther(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "string") return "a text";
  if (value instanceof ArrayBuffer) return "an ArrayBuffer; write new Uint8Array(buffer)";
  return typeof value === "object" ? "another object" : typeof value;
}
