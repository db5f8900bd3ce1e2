// Text to bytes and back by the fastest means the host has, chosen by length (Bun 1.4.5, measured). In
// Bun and Node, Buffer's methods take any Uint8Array and make no view first: 30 ns to read short text
// where TextDecoder takes 70, 20 ns to write it where TextEncoder takes 45. Elsewhere those stand in for
// them. No host module is imported.

/** The methods of Node's `Buffer` that are used. */
interface TextMethods {
  /** The text of ASCII bytes. */
  readonly latin1Slice: (this: Uint8Array, start: number, end: number) => string;
  /** The text of UTF-8 bytes; what is not valid becomes U+FFFD. */
  readonly utf8Slice: (this: Uint8Array, start: number, end: number) => string;
  /** Writes at most `length` bytes from `start` on; returns how many. */
  readonly utf8Write: (this: Uint8Array, text: string, start: number, length: number) => number;
}

const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

const standIns: TextMethods = {
  latin1Slice(start, end) {
    return decoder.decode(this.subarray(start, end));
  },
  utf8Slice(start, end) {
    return decoder.decode(this.subarray(start, end));
  },
  utf8Write(text, start, length) {
    return encoder.encodeInto(text, this.subarray(start, start + length)).written;
  },
};

interface BufferLike {
  readonly byteLength?: (text: string) => number;
  readonly prototype: Partial<TextMethods>;
}

const { Buffer } = globalThis as { readonly Buffer?: BufferLike };
// Constants of the module, each by itself: what a closure or an object holds, the engine calls more slowly.
const latin1Slice = Buffer?.prototype.latin1Slice ?? standIns.latin1Slice;
const utf8Slice = Buffer?.prototype.utf8Slice ?? standIns.utf8Slice;
const utf8Write = Buffer?.prototype.utf8Write ?? standIns.utf8Write;

/** Bytes of a well-formed text in UTF-8. */
export const utf8Length: (text: string) => number = Buffer?.byteLength ?? countUtf8;

/** From this many bytes on, a strict TextDecoder is faster than decoding and looking for U+FFFD. */
const LONG_BYTES = 256;
const REPLACEMENT = "\uFFFD";

/** The text of `bytes[start, end)`; undefined where it is not valid UTF-8 or may not be. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start >= LONG_BYTES) return decodeLongText(bytes, start, end);
  const text = utf8Slice.call(bytes, start, end);
  // A U+FFFD that was really sent is told from a replaced byte by the reference path.
  return text.includes(REPLACEMENT) ? undefined : text;
}

function decodeLongText(bytes: Uint8Array, start: number, end: number): string | undefined {
  try {
    return strictDecoder.decode(bytes.subarray(start, end));
  } catch {
    return undefined;
  }
}

/** As `decodeText`, for bytes that are known to be ASCII. */
export function decodeAscii(bytes: Uint8Array, start: number, end: number): string {
  return latin1Slice.call(bytes, start, end);
}

/** Writes well-formed text as UTF-8 at `start`, where there is room for it; returns the number of bytes. */
export function encodeText(bytes: Uint8Array, start: number, text: string): number {
  return utf8Write.call(bytes, text, start, bytes.length - start);
}

function countUtf8(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    // A surrogate pair is two units and four bytes; any other unit from 0x800 on is three.
    length += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return length;
}
