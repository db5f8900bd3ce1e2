// Writes CBOR items into a ByteWriter: definite lengths, and the shortest integers and floats that lose
// nothing (RFC 8949 §4.2.1, §4.2.2). Knows nothing of schemas. Callers own the writer and its rollback.

import type { ByteWriter } from "../byte-writer.ts";
import { createTextWriter } from "./host-text.ts";

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
/** Up to this many characters a loop beats the host. */
const SHORT_TEXT = 12;
/** Up to this many characters the room for three bytes each is taken without counting. */
const LONG_TEXT = 4096;

const HEAD_ROOM = 9;

const encodeText = createTextWriter();

/** Writes one byte: a simple value. */
export function writeSimple(writer: ByteWriter, initial: number): void {
  writer.reserve(1);
  writer.bytes[writer.length] = initial;
  writer.length += 1;
}

/** Writes a head: the major type and its argument, an integer from 0 to 2^53 − 1, in the fewest bytes. */
export function writeHead(writer: ByteWriter, major: Major, argument: number): void {
  writer.reserve(9);
  writer.length = putHead(writer, writer.length, major, argument);
}

/** As `writeHead` at `position`, where there is room; returns the position behind it. */
function putHead(writer: ByteWriter, position: number, major: Major, argument: number): number {
  const { bytes, view } = writer;
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
    view.setUint16(position + 1, argument);
    return position + 3;
  }
  if (argument < UINT32_RANGE) {
    bytes[position] = major | 26;
    view.setUint32(position + 1, argument);
    return position + 5;
  }
  bytes[position] = major | 27;
  view.setUint32(position + 1, Math.floor(argument / UINT32_RANGE));
  view.setUint32(position + 5, argument % UINT32_RANGE);
  return position + 9;
}

/** Writes a number: an integer where it is one up to ±(2^53 − 1), otherwise the shortest float. −0 is a float. */
export function writeNumber(writer: ByteWriter, value: number): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    if (value >= 0) writeHead(writer, MAJOR.unsigned, value);
    else writeHead(writer, MAJOR.negative, -1 - value);
  } else {
    writeFloat(writer, value);
  }
}

/** Writes an integer from −2^63 to 2^64 − 1; the caller has checked the range. */
export function writeBigInt(writer: ByteWriter, value: bigint): void {
  const negative = value < 0n;
  const argument = negative ? -1n - value : value;
  const major = negative ? MAJOR.negative : MAJOR.unsigned;
  if (argument <= BigInt(Number.MAX_SAFE_INTEGER)) {
    writeHead(writer, major, Number(argument));
    return;
  }
  writer.reserve(9);
  writer.bytes[writer.length] = major | 27;
  writer.view.setBigUint64(writer.length + 1, argument);
  writer.length += 9;
}

/** Writes the shortest of half, single and double precision that gives `value` back; NaN as `f97e00`. */
function writeFloat(writer: ByteWriter, value: number): void {
  writer.reserve(9);
  const { bytes, view } = writer;
  const start = writer.length;
  view.setFloat32(start + 1, value);
  if (!Object.is(view.getFloat32(start + 1), value)) {
    bytes[start] = 0xfb;
    view.setFloat64(start + 1, value);
    writer.length = start + 9;
    return;
  }
  const half = halfFromSingle(view.getUint32(start + 1));
  if (half === -1) {
    bytes[start] = 0xfa;
    writer.length = start + 5;
    return;
  }
  bytes[start] = 0xf9;
  view.setUint16(start + 1, half);
  writer.length = start + 3;
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
  const length = text.length;
  writer.reserve(HEAD_ROOM + (length <= LONG_TEXT ? length * 3 : utf8Length(text)));
  if (length <= SHORT_TEXT && writeShortAscii(writer, text)) return true;
  if (!text.isWellFormed()) return false;
  const headAt = writer.length;
  const contentAt = putHead(writer, headAt, MAJOR.text, length);
  const written = encodeText(writer.bytes, contentAt, text);
  writer.length = contentAt + written;
  if (written === length) return true;
  // More bytes than characters: the head may have become longer than the room left for it.
  const movedTo = putHead(writer, headAt, MAJOR.text, written);
  if (movedTo !== contentAt) {
    encodeText(writer.bytes, movedTo, text);
    writer.length = movedTo + written;
  }
  return true;
}

function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    // A surrogate pair is two units and four bytes; any other unit from 0x800 on is three.
    length += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return length;
}

function writeShortAscii(writer: ByteWriter, text: string): boolean {
  const { bytes } = writer;
  let position = putHead(writer, writer.length, MAJOR.text, text.length);
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) return false;
    bytes[position] = unit;
    position += 1;
  }
  writer.length = position;
  return true;
}

/** Writes a byte string. */
export function writeBytes(writer: ByteWriter, content: Uint8Array): void {
  writeHead(writer, MAJOR.bytes, content.length);
  writer.reserve(content.length);
  writer.bytes.set(content, writer.length);
  writer.length += content.length;
}
