// Writes CBOR items into a ByteWriter: definite lengths, and the shortest integers and floats that lose
// nothing (RFC 8949 §4.2.1, §4.2.2). Knows nothing of schemas. Callers own the writer and its rollback.

import type { ByteWriter } from "../byte-writer.ts";
import { encodeText, utf8Length } from "./host-text.ts";

/** Major types of RFC 8949 §3.1, as the high bits of an initial byte. */
export const MAJOR = {
  unsigned: 0x00,
  negative: 0x20,
  bytes: 0x40,
  text: 0x60,
  array: 0x80,
  map: 0xa0,
} as const;

export type Major = (typeof MAJOR)[keyof typeof MAJOR];

export const FALSE = 0xf4;
export const TRUE = 0xf5;
export const NULL = 0xf6;
export const UNDEFINED = 0xf7;

const UINT32_RANGE = 0x1_0000_0000;
/** Bytes of the longest head, or of a number. */
export const HEAD_ROOM = 9;
/** Text shorter than this has a head of one byte, and a loop over it beats the host where it is ASCII. */
export const SHORT_TEXT = 24;
/** Up to this many characters the room for three bytes each is taken without counting. */
const LONG_TEXT = 4096;

/** Writes one byte: a simple value. */
export function writeSimple(writer: ByteWriter, initial: number): void {
  writer.reserve(1);
  writer.bytes[writer.length] = initial;
  writer.length += 1;
}

/** Writes a head: the major type and its argument, an integer from 0 to 2^53 − 1, in the fewest bytes. */
export function writeHead(writer: ByteWriter, major: Major, argument: number): void {
  writer.reserve(HEAD_ROOM);
  writer.length = putHead(writer.bytes, writer.view, writer.length, major, argument);
}

/** As `writeHead` at `position`, where there is room; returns the position behind it. */
export function putHead(
  bytes: Uint8Array,
  view: DataView,
  position: number,
  major: Major,
  argument: number,
): number {
  if (argument < 24) {
    bytes[position] = major | argument;
    return position + 1;
  }
  if (argument < 0x100) {
    bytes[position] = major | 24;
    bytes[position + 1] = argument;
    return position + 2;
  }
  if (argument < 0x1_0000) {
    bytes[position] = major | 25;
    bytes[position + 1] = argument >> 8;
    bytes[position + 2] = argument;
    return position + 3;
  }
  if (argument < UINT32_RANGE) {
    bytes[position] = major | 26;
    view.setInt32(position + 1, argument | 0);
    return position + 5;
  }
  const high = Math.floor(argument / UINT32_RANGE);
  bytes[position] = major | 27;
  view.setInt32(position + 1, high);
  view.setInt32(position + 5, (argument - high * UINT32_RANGE) | 0);
  return position + 9;
}

/** Writes a number: an integer where it is one up to ±(2^53 − 1), otherwise the shortest float. −0 is a float. */
export function writeNumber(writer: ByteWriter, value: number): void {
  writer.reserve(HEAD_ROOM);
  writer.length = putNumber(writer.bytes, writer.view, writer.length, value);
}

/** As `writeNumber` at `position`, where there is room; returns the position behind it. */
export function putNumber(
  bytes: Uint8Array,
  view: DataView,
  position: number,
  value: number,
): number {
  const small = value | 0;
  if (small === value && (small !== 0 || 1 / value > 0)) {
    return small >= 0
      ? putHead(bytes, view, position, MAJOR.unsigned, small)
      : putHead(bytes, view, position, MAJOR.negative, ~small);
  }
  if (!Number.isSafeInteger(value) || value === 0) return putFloat(bytes, view, position, value);
  return value > 0
    ? putHead(bytes, view, position, MAJOR.unsigned, value)
    : putHead(bytes, view, position, MAJOR.negative, -1 - value);
}

const MIN_INT64 = -(2n ** 63n);
const MAX_UINT64 = 2n ** 64n - 1n;

/** Whether a signed or an unsigned 64-bit integer can hold `value`: what a BigInt may be on the wire. */
export function fits64Bits(value: bigint): boolean {
  return value >= MIN_INT64 && value <= MAX_UINT64;
}

/** Writes an integer from −2^63 to 2^64 − 1; the caller has checked the range. */
export function writeBigInt(writer: ByteWriter, value: bigint): void {
  writer.reserve(HEAD_ROOM);
  writer.length = putBigInt(writer.bytes, writer.view, writer.length, value);
}

/** As `writeBigInt` at `position`, where there is room; returns the position behind it. */
export function putBigInt(
  bytes: Uint8Array,
  view: DataView,
  position: number,
  value: bigint,
): number {
  const negative = value < 0n;
  const argument = negative ? -1n - value : value;
  const major = negative ? MAJOR.negative : MAJOR.unsigned;
  if (argument <= BigInt(Number.MAX_SAFE_INTEGER)) {
    return putHead(bytes, view, position, major, Number(argument));
  }
  bytes[position] = major | 27;
  view.setBigUint64(position + 1, argument);
  return position + 9;
}

/** Writes the shortest of half, single and double precision that gives `value` back; NaN as `f97e00`. */
function putFloat(bytes: Uint8Array, view: DataView, position: number, value: number): number {
  view.setFloat32(position + 1, value);
  if (!Object.is(view.getFloat32(position + 1), value)) {
    bytes[position] = 0xfb;
    view.setFloat64(position + 1, value);
    return position + 9;
  }
  const half = halfFromSingle(view.getUint32(position + 1));
  if (half === -1) {
    bytes[position] = 0xfa;
    return position + 5;
  }
  bytes[position] = 0xf9;
  view.setUint16(position + 1, half);
  return position + 3;
}

/** The bits of the half that equals the single with these bits; −1 where none does. */
function halfFromSingle(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7f_ffff;
  if (exponent === 0xff) return fraction === 0 ? sign | 0x7c00 : 0x7e00;
  if (exponent === 0) return fraction === 0 ? sign : -1;
  const power = exponent - 127;
  if (power >= -14 && power <= 15) {
    return (fraction & 0x1fff) === 0 ? sign | ((power + 15) << 10) | (fraction >>> 13) : -1;
  }
  if (power < -24 || power > 15) return -1;
  const shift = -1 - power;
  const significand = fraction | 0x80_0000;
  return (significand & ((1 << shift) - 1)) === 0 ? sign | (significand >>> shift) : -1;
}

/** Writes a text string. Returns false, with nothing written, for text with a lone surrogate, which has no UTF-8. */
export function writeText(writer: ByteWriter, text: string): boolean {
  if (text.length < SHORT_TEXT) {
    writer.reserve(SHORT_TEXT);
    const position = putShortAscii(writer.bytes, writer.length, text);
    if (position !== -1) {
      writer.length = position;
      return true;
    }
  }
  return writeLongText(writer, text);
}

/**
 * Writes a text shorter than `SHORT_TEXT` at `position`, where there is room for as many bytes; returns
 * the position behind it, or −1 where it is not ASCII.
 */
export function putShortAscii(bytes: Uint8Array, position: number, text: string): number {
  const length = text.length;
  const contentAt = position + 1;
  let seen = 0;
  bytes[position] = MAJOR.text | length;
  for (let index = 0; index < length; index += 1) {
    const unit = text.charCodeAt(index);
    seen |= unit;
    bytes[contentAt + index] = unit;
  }
  return seen < 0x80 ? contentAt + length : -1;
}

/** As `writeText`, for text that is long or not ASCII: the host writes it. */
export function writeLongText(writer: ByteWriter, text: string): boolean {
  const { length } = text;
  writer.reserve(HEAD_ROOM + (length <= LONG_TEXT ? length * 3 : utf8Length(text)));
  const { bytes, view } = writer;
  const headAt = writer.length;
  const contentAt = putHead(bytes, view, headAt, MAJOR.text, length);
  const written = encodeText(bytes, contentAt, text);
  // As many bytes as characters: ASCII, and so without surrogates.
  if (written !== length && !text.isWellFormed()) return false;
  writer.length = contentAt + written;
  if (written === length) return true;
  // More bytes than characters: the head may have become longer than the room left for it.
  const movedTo = putHead(bytes, view, headAt, MAJOR.text, written);
  if (movedTo !== contentAt) {
    encodeText(bytes, movedTo, text);
    writer.length = movedTo + written;
  }
  return true;
}

/** Writes a byte string. Returns false, and has written nothing, where the buffer of `content` was transferred or shrunk. */
export function writeBytes(writer: ByteWriter, content: Uint8Array): boolean {
  if (content.length === 0 && !hasBuffer(content)) return false;
  writeHead(writer, MAJOR.bytes, content.length);
  writer.reserve(content.length);
  writer.bytes.set(content, writer.length);
  writer.length += content.length;
  return true;
}

/** Whether `content` is still a view of its buffer: every method throws where it is not. */
function hasBuffer(content: Uint8Array): boolean {
  try {
    content.at(0);
    return true;
  } catch {
    return false;
  }
}
