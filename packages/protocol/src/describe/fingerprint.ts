// A short name for the exact schemas of a protocol, so that two ends can notice that theirs differ. It
// is FNV-1a, 64 bits, over canonical JSON: it tells versions apart and is no protection against forgery.

import type { MessageSchemas } from "../schema/message-table.ts";

const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;
const MASK_64 = (1n << 64n) - 1n;

/** Sixteen hexadecimal digits that depend on every schema of both directions, and on nothing else. */
export function fingerprintOf(server: MessageSchemas, client: MessageSchemas): string {
  const text = canonicalJson({ server, client });
  let hash = FNV_OFFSET;
  for (let index = 0; index < text.length; index += 1) {
    hash = ((hash ^ BigInt(text.charCodeAt(index))) * FNV_PRIME) & MASK_64;
  }
  return hash.toString(16).padStart(16, "0");
}

/** JSON with sorted keys and sorted names of required properties. TypeBox numbers anonymous recursive types per process (`T0`, `T1`), so they are renumbered. */
function canonicalJson(value: unknown): string {
  const names = new Map<string, string>();
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
    return Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => byCodeUnits(a, b)));
  });
}

function byCodeUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
