// Seeded randomness. Tests put the seed into the message of what they expect, so that a failure names it.

/** A generator of numbers in [0, 1) that gives the same numbers for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A new seed for each run of the tests. */
export function newSeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}

/** `bytes` in random pieces of 1 to `longest` bytes. */
export function randomPieces(
  bytes: Uint8Array,
  longest: number,
  random: () => number,
): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = Math.min(bytes.length, start + 1 + Math.floor(random() * longest));
    pieces.push(bytes.slice(start, end));
    start = end;
  }
  return pieces;
}
