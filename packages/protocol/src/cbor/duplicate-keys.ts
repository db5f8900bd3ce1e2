// Finds a key that stands twice in one map, in bytes that were scanned already, in time that grows with the
// bytes of the keys. Few short keys are compared in pairs. Others go through a hash table whose numbers are
// drawn for each scanner, so that a peer cannot choose keys that collide; where too many do all the same,
// they are sorted. Keys are equal when their values are: 1 in one byte and 1 in three are the same key.

import { release } from "../release.ts";

/** Up to this many short keys every pair is compared: 28 comparisons at most. */
const PAIRWISE_KEYS = 8;

/** The same of keys of any length: six comparisons at most. */
const PAIRWISE_LONG_KEYS = 4;

/** The first initial byte of a text of 24 bytes or more. */
const LONG_TEXT = 0x78;

/** Slots that are kept from one map to the next; more are given back with the payload that needed them. */
const KEPT_SLOTS = 1024;

/** Slots looked at for each key, on average, before the keys are sorted instead: 1.5 are usual. */
const MOST_PROBES_PER_KEY = 8;

/** Looks for equal keys, in one map after the other. */
export class DuplicateKeys {
  /** Odd numbers that hashes are multiplied by. */
  readonly #first = randomOdd();
  readonly #second = randomOdd();
  /** Places in a map's list of keys, from 1, by hash; 0 where there is none. */
  #slots = new Int32Array(KEPT_SLOTS);
  /** Of the same keys the hashes, so that only those with equal ones are compared. */
  #hashes = new Int32Array(KEPT_SLOTS);

  /**
   * Looks at the keys whose offsets are `keys[from, to)`, which it may reorder. Returns the offset of a key
   * that equals an earlier one, −1 when all differ.
   */
  find(bytes: Uint8Array, keys: Float64Array, from: number, to: number): number {
    const count = to - from;
    if (
      count <= PAIRWISE_LONG_KEYS ||
      (count <= PAIRWISE_KEYS && areShort(bytes, keys, from, to))
    ) {
      return findInPairs(bytes, keys, from, to);
    }
    return this.#findByHash(bytes, keys, from, to) ?? findBySorting(bytes, keys, from, to);
  }

  /** The payload is done: gives back what only a large map needs. */
  shrink(): void {
    if (this.#slots.length <= KEPT_SLOTS) return;
    release(this.#slots);
    release(this.#hashes);
    this.#slots = new Int32Array(KEPT_SLOTS);
    this.#hashes = new Int32Array(KEPT_SLOTS);
  }

  /** As `find`; undefined where too many hashes collide. */
  #findByHash(bytes: Uint8Array, keys: Float64Array, from: number, to: number): number | undefined {
    const size = 1 << (33 - Math.clz32(to - from));
    this.#clear(size);
    const slots = this.#slots;
    const hashes = this.#hashes;
    let probes = (to - from) * MOST_PROBES_PER_KEY;
    for (let index = from; index < to; index += 1) {
      const key = keys[index] ?? 0;
      const hash = this.#hash(bytes, key);
      let slot = hash & (size - 1);
      for (let place = slots[slot] ?? 0; place !== 0; place = slots[slot] ?? 0) {
        if (hashes[slot] === hash && compareKeys(bytes, keys[from + place - 1] ?? 0, key) === 0) {
          return key;
        }
        if (probes === 0) return undefined;
        probes -= 1;
        slot = (slot + 1) & (size - 1);
      }
      slots[slot] = index - from + 1;
      hashes[slot] = hash;
    }
    return -1;
  }

  /** Empties the first `size` slots, and makes them where there are fewer. */
  #clear(size: number): void {
    if (this.#slots.length >= size) {
      this.#slots.fill(0, 0, size);
      return;
    }
    this.#slots = new Int32Array(size);
    this.#hashes = new Int32Array(size);
  }

  #hash(bytes: Uint8Array, at: number): number {
    const initial = bytes[at] ?? 0;
    const info = initial & 0x1f;
    if (info < 24) {
      const hash = this.#mix(0, initial);
      return initial >> 5 < 2 ? hash : this.#hashContent(hash, bytes, at + 1, info);
    }
    // Heads are taken by their value, whatever their width.
    let high = 0;
    let low = 0;
    const end = headEnd(bytes, at);
    for (let index = at + 1; index < end; index += 1) {
      high = (high << 8) | (low >>> 24);
      low = (low << 8) | (bytes[index] ?? 0);
    }
    const isOneByte = high === 0 && low >= 0 && low < 24;
    let hash = this.#mix(0, isOneByte ? (initial & 0xe0) | low : initial & 0xe0);
    if (!isOneByte) hash = this.#mix(this.#mix(hash, low), high);
    return initial >> 5 < 2 ? hash : this.#hashContent(hash, bytes, end, low);
  }

  #hashContent(seed: number, bytes: Uint8Array, start: number, length: number): number {
    const end = start + length;
    let hash = seed;
    let index = start;
    for (; index + 4 <= end; index += 4) {
      hash = this.#mix(
        hash,
        (bytes[index] ?? 0) |
          ((bytes[index + 1] ?? 0) << 8) |
          ((bytes[index + 2] ?? 0) << 16) |
          ((bytes[index + 3] ?? 0) << 24),
      );
    }
    let rest = 0;
    for (; index < end; index += 1) rest = (rest << 8) | (bytes[index] ?? 0);
    return this.#mix(hash, rest);
  }

  /** Two multiplications, because a single one lets a difference in the highest bit through unchanged. */
  #mix(hash: number, word: number): number {
    const once = Math.imul(hash ^ word, this.#first);
    const twice = Math.imul(once ^ (once >>> 15), this.#second);
    return twice ^ (twice >>> 13);
  }
}

function randomOdd(): number {
  return Math.floor(Math.random() * 2 ** 32) | 1;
}

/** Whether no key has more than 23 bytes of text. */
function areShort(bytes: Uint8Array, keys: Float64Array, from: number, to: number): boolean {
  for (let index = from; index < to; index += 1) {
    if ((bytes[keys[index] ?? 0] ?? 0) >= LONG_TEXT) return false;
  }
  return true;
}

function findInPairs(bytes: Uint8Array, keys: Float64Array, from: number, to: number): number {
  for (let later = from + 1; later < to; later += 1) {
    const key = keys[later] ?? 0;
    for (let earlier = from; earlier < later; earlier += 1) {
      if (compareKeys(bytes, keys[earlier] ?? 0, key) === 0) return key;
    }
  }
  return -1;
}

/** Reorders the keys. */
export function findBySorting(
  bytes: Uint8Array,
  keys: Float64Array,
  from: number,
  to: number,
): number {
  keys.subarray(from, to).sort((left, right) => compareKeys(bytes, left, right) || left - right);
  for (let index = from + 1; index < to; index += 1) {
    const key = keys[index] ?? 0;
    if (compareKeys(bytes, keys[index - 1] ?? 0, key) === 0) return key;
  }
  return -1;
}

/** Orders keys by major type, then argument, then content; 0 means the same key. */
function compareKeys(bytes: Uint8Array, left: number, right: number): number {
  const leftInitial = bytes[left] ?? 0;
  const rightInitial = bytes[right] ?? 0;
  const leftShort = (leftInitial & 0x1f) < 24;
  const rightShort = (rightInitial & 0x1f) < 24;
  if (leftShort && rightShort) {
    if (leftInitial !== rightInitial) return leftInitial - rightInitial;
  } else {
    const byHead = (leftInitial >> 5) - (rightInitial >> 5) || compareArguments(bytes, left, right);
    if (byHead !== 0) return byHead;
  }
  if (leftInitial >> 5 < 2) return 0;
  return compareContent(
    bytes,
    headEnd(bytes, left),
    headEnd(bytes, right),
    textLength(bytes, left),
  );
}

function compareContent(bytes: Uint8Array, left: number, right: number, length: number): number {
  for (let index = 0; index < length; index += 1) {
    const difference = (bytes[left + index] ?? 0) - (bytes[right + index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Compares two arguments byte by byte from the most significant of eight, since 2^53 and 2^53 + 1 must differ. */
function compareArguments(bytes: Uint8Array, left: number, right: number): number {
  for (let place = 8; place >= 1; place -= 1) {
    const difference = argumentByte(bytes, left, place) - argumentByte(bytes, right, place);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The byte of an argument `place` bytes before its end; 0 beyond its width. */
function argumentByte(bytes: Uint8Array, at: number, place: number): number {
  const info = (bytes[at] ?? 0) & 0x1f;
  if (info < 24) return place === 1 ? info : 0;
  const size = 1 << (info - 24);
  return place > size ? 0 : (bytes[at + 1 + size - place] ?? 0);
}

function headEnd(bytes: Uint8Array, at: number): number {
  const info = (bytes[at] ?? 0) & 0x1f;
  return info < 24 ? at + 1 : at + 1 + (1 << (info - 24));
}

/** The length in bytes of the scanned text item at `at`. */
export function textLength(bytes: Uint8Array, at: number): number {
  const info = (bytes[at] ?? 0) & 0x1f;
  if (info < 24) return info;
  let length = 0;
  for (let index = at + 1; index < headEnd(bytes, at); index += 1) {
    length = length * 256 + (bytes[index] ?? 0);
  }
  return length;
}
