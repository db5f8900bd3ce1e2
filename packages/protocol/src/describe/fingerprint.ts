// A short name for the exact schemas of a protocol, so that two ends can notice that theirs differ. It
// is FNV-1a, 64 bits, over canonical JSON: it tells versions apart and is no protection against forgery.

import type { TSchema } from "@sinclair/typebox";

import type { MessageSchemas } from "../schema/message-table.ts";
import type { DescribedCalls } from "./calls.ts";

// 64 bits as two words: a BigInt for every character would take a second for hundreds of large messages.
const OFFSET_HIGH = 0xcbf29ce4;
const OFFSET_LOW = 0x84222325;
/** The prime is 2^40 + 0x1b3. */
const PRIME_LOW = 0x1b3;
const WORD = 2 ** 32;

/** Sixteen hexadecimal digits that depend on every schema of both directions and of the calls, and on nothing else. */
export function fingerprintOf(
  server: MessageSchemas,
  client: MessageSchemas,
  further: DescribedCalls<TSchema> = {},
): string {
  const text = canonicalJson({ server, client, ...further });
  let high = OFFSET_HIGH;
  let low = OFFSET_LOW;
  for (let index = 0; index < text.length; index += 1) {
    const mixed = (low ^ text.charCodeAt(index)) >>> 0;
    const product = mixed * PRIME_LOW;
    // The low word times 2^40 is its last 24 bits in the high one.
    high = (Math.imul(high, PRIME_LOW) + Math.floor(product / WORD) + (mixed << 8)) >>> 0;
    low = product % WORD;
  }
  return [high, low].map((word) => word.toString(16).padStart(8, "0")).join("");
}

/** JSON with sorted keys and sorted names of required properties. TypeBox numbers anonymous recursive types per process (`T0`, `T1`), so they are renumbered. */
function canonicalJson(value: unknown): string {
  const names = new Map<string, string>();
  // What stands at many places is sorted once.
  const sorted = new Map<object, object>();
  return JSON.stringify(value, (key, part: unknown) => {
    if ((key === "$id" || key === "$ref") && typeof part === "string" && /^T\d+$/.test(part)) {
      const name = names.get(part) ?? `recursive ${names.size}`;
      names.set(part, name);
      return name;
    }
    if (typeof part === "bigint") return `${part}n`;
    // TypeBox lists them in the order of the properties.
    if (key === "required" && Array.isArray(part)) return part.map(String).toSorted(byCodeUnits);
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    let copy = sorted.get(part);
    if (copy === undefined) {
      copy = Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => byCodeUnits(a, b)));
      sorted.set(part, copy);
    }
    return copy;
  });
}

function byCodeUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
