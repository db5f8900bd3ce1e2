// Ways to cut one run of bytes into the chunks that a network might deliver. All bytes, in order, never an
// empty chunk.

import type { SeededRandom } from "./seeded-random.ts";

/** Cuts bytes into chunks. */
export type Cutter = (bytes: Uint8Array) => Uint8Array[];

/** All in one chunk. */
export const whole: Cutter = (bytes) => (bytes.length === 0 ? [] : [bytes]);

/** Every byte on its own. */
export const byteByByte: Cutter = (bytes) => inPiecesOf(1)(bytes);

/** Chunks of `size` bytes, the last one shorter. */
export function inPiecesOf(size: number): Cutter {
  return (bytes) => {
    const chunks: Uint8Array[] = [];
    for (let start = 0; start < bytes.length; start += size) {
      chunks.push(bytes.subarray(start, start + size));
    }
    return chunks;
  };
}

/** Cut at these positions, given in ascending order; those outside the bytes are left out. */
export function cutAt(...positions: readonly number[]): Cutter {
  return (bytes) => {
    const inside = positions.filter((position) => position > 0 && position < bytes.length);
    const starts = [0, ...new Set(inside)];
    return starts
      .map((start, index) => bytes.subarray(start, starts[index + 1] ?? bytes.length))
      .filter((chunk) => chunk.length > 0);
  };
}

/** Chunks of 1 to `mostBytes` bytes, at random. */
export function randomly(random: SeededRandom, mostBytes: number): Cutter {
  return (bytes) => {
    const chunks: Uint8Array[] = [];
    for (let start = 0; start < bytes.length;) {
      const end = start + random.integer(1, mostBytes);
      chunks.push(bytes.subarray(start, end));
      start = end;
    }
    return chunks;
  };
}

/** Every way to cut `length` bytes once or twice. */
export function* everyPairOfCuts(length: number): Generator<Cutter> {
  for (let first = 1; first < length; first += 1) {
    for (let second = first; second < length; second += 1) yield cutAt(first, second);
  }
}
