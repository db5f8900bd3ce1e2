// Finds a key that stands twice in one map, in bytes that were scanned already. Small maps compare
// every pair; large ones sort, so that no choice of keys makes it quadratic, as colliding keys would a
// hash table. Keys are equal when their values are: 1 in one byte and 1 in three are the same key.

/** Up to this many keys every pair is compared: 120 comparisons at most. */
const PAIRWISE_KEYS = 16;

/**
 * Looks at the keys whose offsets are `keys[from, to)`, which it may reorder. Returns the offset of
 * the later of two equal ones, −1 when all differ.
 */
export function findDuplicateKey(
  bytes: Uint8Array,
  keys: Float64Array,
  from: number,
  to: number,
): number {
  if (to - from > PAIRWISE_KEYS) {
    keys.subarray(from, to).sort((left, right) => compareKeys(bytes, left, right) || left - right);
    for (let index = from + 1; index < to; index += 1) {
      const key = keys[index] ?? 0;
      if (compareKeys(bytes, keys[index - 1] ?? 0, key) === 0) return key;
    }
    return -1;
  }
  for (let later = from + 1; later < to; later += 1) {
    const key = keys[later] ?? 0;
    for (let earlier = from; earlier < later; earlier += 1) {
      if (compareKeys(bytes, keys[earlier] ?? 0, key) === 0) return key;
    }
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
