// Decoded values as one line of text: `readable` for people, `toJsonText` for programs.
//
// JSON has no dates, bytes or big integers. They are written as an ISO 8601 string, base64 (RFC 4648
// §4) and a decimal string, whatever their size; NaN and the infinities as null. Both forms pass
// through `printable`, so text from a peer reaches no terminal as a command.

import { printable } from "@typewire/connection/internal";

/** `{1: "Hola", at: 2026-01-31T12:00:00.000Z, raw: h'00ff'}`: the notation of RFC 8949 §8, keys unquoted where they can be. */
export function readable(value: unknown): string {
  if (typeof value === "string") return printable(JSON.stringify(value));
  if (typeof value !== "object" || value === null) {
    return Object.is(value, -0) ? "-0" : String(value);
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "null" : value.toISOString();
  if (value instanceof Uint8Array) return `h'${value.toHex()}'`;
  if (Array.isArray(value)) return `[${value.map(readable).join(", ")}]`;
  const entries = Object.entries(value).map(
    ([key, item]) => `${readableKey(key)}: ${readable(item)}`,
  );
  return `{${entries.join(", ")}}`;
}

/** One line of JSON. */
export function toJsonText(value: unknown): string {
  return printable(JSON.stringify(value, jsonForm));
}

function readableKey(key: string): string {
  return /^(?:-?\d{1,16}|[A-Za-z_$][\w$]*)$/.test(key) ? key : printable(JSON.stringify(key));
}

/** A `JSON.stringify` replacer; dates come to it as the string that their own `toJSON` made. */
function jsonForm(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  return value instanceof Uint8Array ? value.toBase64() : value;
}
