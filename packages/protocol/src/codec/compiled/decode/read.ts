// What generated decoders call: reading the items that take more than a comparison. Each works on
// `bytes[position, end)`, reads nothing beyond, and answers with a value that no item has (NaN, −1,
// undefined) where the bytes are not what a Typewire encoder would have written; the caller then gives
// up and the reference path decides.

import { fits64Bits } from "../../../cbor/write.ts";

/** What generated code returns when the bytes are not in the layout it knows. */
export const MISS: unique symbol = Symbol("miss");

/** Bytes of a head by its initial byte; 0 where that is no definite head. */
export const HEAD_BYTES = Uint8Array.from({ length: 256 }, (_, initial) => {
  const info = initial & 0x1f;
  if (info < 24) return 1;
  return info < 28 ? 1 + (1 << (info - 24)) : 0;
});

/** The view of the bytes that are being read, kept from frame to frame of one chunk. */
export interface Viewed {
  bytes: Uint8Array | undefined;
  view: DataView;
}

/** Views of larger chunks are not kept: they would hold the chunk until the next one comes. */
const KEPT_BYTES = 1_048_576;

/** A DataView whose offsets are those of `bytes`. */
export function viewOf(bytes: Uint8Array, last: Viewed): DataView {
  if (last.bytes === bytes) return last.view;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length <= KEPT_BYTES) {
    last.bytes = bytes;
    last.view = view;
  }
  return view;
}

const scratch = new DataView(new ArrayBuffer(8));

/** The bits of one double, as words. */
const double = new Float64Array(1);
const words = new Int32Array(double.buffer);
const LOW = new Uint8Array(Int32Array.of(1).buffer)[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;

/**
 * The double in the eight bytes at `at`, which are there. Where there is no view of the bytes yet, this
 * takes 5 ns and making one 30; through a view, as in loops, reading takes 2.
 */
export function readDouble(bytes: Uint8Array, at: number): number {
  words[HIGH] =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number);
  words[LOW] =
    ((bytes[at + 4] as number) << 24) |
    ((bytes[at + 5] as number) << 16) |
    ((bytes[at + 6] as number) << 8) |
    (bytes[at + 7] as number);
  return double[0] as number;
}

/** The argument of the head at `position`, from 0 to 2^53 − 1; −1 where it is cut off or larger. */
export function readArgument(bytes: Uint8Array, position: number, end: number): number {
  const info = (bytes[position] as number) & 0x1f;
  if (info < 24) return info;
  if (position + (HEAD_BYTES[info] as number) > end) return -1;
  switch (info) {
    case 24:
      return bytes[position + 1] as number;
    case 25:
      return ((bytes[position + 1] as number) << 8) | (bytes[position + 2] as number);
    case 26:
      return readUint32(bytes, position + 1);
    case 27: {
      const high = readUint32(bytes, position + 1);
      return high > 0x1f_ffff ? -1 : high * 0x1_0000_0000 + readUint32(bytes, position + 5);
    }
    default:
      return -1;
  }
}

/** The four bytes at `at`, which are there. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)) >>>
    0
  );
}

/** The argument of the head at `position` where it has this major type; −1 otherwise. */
export function readLength(
  bytes: Uint8Array,
  position: number,
  end: number,
  majorType: number,
): number {
  return (bytes[position] as number) >> 5 === majorType ? readArgument(bytes, position, end) : -1;
}

/** The integer at `position` as a number within ±(2^53 − 1); NaN where there is none. */
export function readInteger(bytes: Uint8Array, position: number, end: number): number {
  const initial = bytes[position] as number;
  if (initial >= 0x40) return Number.NaN;
  const argument = readArgument(bytes, position, end);
  if (argument === -1) return Number.NaN;
  if (initial < 0x20) return argument;
  return argument === Number.MAX_SAFE_INTEGER ? Number.NaN : -1 - argument;
}

/** The integer or float at `position`; NaN where there is none, or it is not finite. */
export function readNumber(bytes: Uint8Array, position: number, end: number): number {
  const initial = bytes[position] as number;
  if (initial < 0x40) return readInteger(bytes, position, end);
  if (position + (HEAD_BYTES[initial] as number) > end) return Number.NaN;
  const value = readFloat(bytes, position);
  return value - value === 0 ? value : Number.NaN;
}

/** The float whose head is at `position` and whose bytes are all there; NaN where it is none. */
export function readFloat(bytes: Uint8Array, position: number): number {
  switch (bytes[position]) {
    case 0xfb:
      return readDouble(bytes, position + 1);
    case 0xfa:
      scratch.setUint32(0, readUint32(bytes, position + 1));
      return scratch.getFloat32(0);
    case 0xf9:
      return readHalf(((bytes[position + 1] as number) << 8) | (bytes[position + 2] as number));
    default:
      return Number.NaN;
  }
}

const single = new Float32Array(1);
const singleBits = new Int32Array(single.buffer);

/** The exponent of a half is less by so much than that of a single of the same value. */
const HALF_TO_SINGLE = 2 ** 112;

/**
 * The half of these 16 bits, as RFC 8949 appendix D has it: exponent and fraction stand in the same order in a single,
 * which is then too small by a power of two. Takes 1.5 ns; calculating with powers for each takes 10.
 */
function readHalf(bits: number): number {
  if ((bits & 0x7c00) === 0x7c00) {
    return bits & 0x3ff ? Number.NaN : bits & 0x8000 ? -Infinity : Infinity;
  }
  singleBits[0] = ((bits & 0x8000) << 16) | ((bits & 0x7fff) << 13);
  return (single[0] as number) * HALF_TO_SINGLE;
}

/** The integer at `position` as a BigInt of at most 64 bits; undefined where there is none. */
export function readBigInt(bytes: Uint8Array, position: number, end: number): bigint | undefined {
  const initial = bytes[position] as number;
  if (initial >= 0x40) return undefined;
  const small = readInteger(bytes, position, end);
  if (small === small) return BigInt(small);
  if ((initial & 0x1f) !== 27 || position + 9 > end) return undefined;
  scratch.setUint32(0, readUint32(bytes, position + 1));
  scratch.setUint32(4, readUint32(bytes, position + 5));
  const argument = scratch.getBigUint64(0);
  const value = initial < 0x20 ? argument : -1n - argument;
  return fits64Bits(value) ? value : undefined;
}

/** Arrays up to this length are made whole, in two thirds of the time; the engine keeps much larger ones as hash tables. */
const MADE_WHOLE = 65_536;

/** An array for `length` items, all of which the caller fills. */
export function newArray(length: number): unknown[] {
  // oxlint-disable-next-line no-new-array -- of this length is what is meant
  return length <= MADE_WHOLE ? new Array<unknown>(length) : [];
}

/** A copy of the next `length` bytes, as a plain Uint8Array. */
export function readBytes(bytes: Uint8Array, position: number, length: number): Uint8Array {
  const copy = new Uint8Array(length);
  if (length > 0) copy.set(bytes.subarray(position, position + length));
  return copy;
}
