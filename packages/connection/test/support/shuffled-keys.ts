// The same payload with the keys of its outermost map in another order, as another encoder may write it. Reads
// only what our writers write: no tags, nothing of indefinite length but what it skips whole.

import type { SeededRandom } from "@typewire/testkit";

/** A copy of `payload` with its outermost keys in random order. */
export function shuffledKeys(payload: Uint8Array, random: SeededRandom): Uint8Array {
  const { major, count, at } = headOf(payload, 0);
  if (major !== 5) throw new Error("The payload is no map");
  const entries: Uint8Array[] = [];
  let position = at;
  for (let index = 0; index < count; index += 1) {
    const end = skip(payload, skip(payload, position));
    entries.splice(random.integer(0, entries.length), 0, payload.subarray(position, end));
    position = end;
  }
  const shuffled = new Uint8Array(payload.length);
  shuffled.set(payload.subarray(0, at));
  let written = at;
  for (const entry of entries) {
    shuffled.set(entry, written);
    written += entry.length;
  }
  return shuffled;
}

function headOf(bytes: Uint8Array, at: number): { major: number; count: number; at: number } {
  const first = bytes[at] ?? 0;
  const major = first >> 5;
  const info = first & 31;
  if (info < 24) return { major, count: info, at: at + 1 };
  const length = 2 ** (info - 24);
  let count = 0;
  for (const byte of bytes.subarray(at + 1, at + 1 + length)) count = count * 256 + byte;
  return { major, count, at: at + 1 + length };
}

/** Where the value that begins at `start` ends. */
function skip(bytes: Uint8Array, start: number): number {
  const { major, count, at } = headOf(bytes, start);
  if (major === 2 || major === 3) return at + count;
  const children = major === 4 ? count : major === 5 ? count * 2 : major === 6 ? 1 : 0;
  let position = at;
  for (let index = 0; index < children; index += 1) position = skip(bytes, position);
  return position;
}
