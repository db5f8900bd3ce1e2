// Bytes as the tests like to write them.

import { HEADER_BYTES, encodeHeader } from "../../src/frame/header.ts";

/** Bytes from hexadecimal digits; white space is for reading. */
export function fromHex(digits: string): Uint8Array {
  return Uint8Array.fromHex(digits.replaceAll(/\s/g, ""));
}

/** Bytes as lower-case hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  return bytes.toHex();
}

/** The bytes of ASCII or any other text, in UTF-8. */
export function fromText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** All parts, one behind the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}

/** A whole frame: header and payload. */
export function frameOf(payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + payload.length);
  frame.set(encodeHeader(payload.length));
  frame.set(payload, HEADER_BYTES);
  return frame;
}

/** `bytes` in the middle of a larger buffer that is full of `filler`, and where they stand in it. */
export function embed(
  bytes: Uint8Array,
  filler = 0xff,
): { readonly bytes: Uint8Array; readonly start: number; readonly end: number } {
  const around = new Uint8Array(bytes.length + 32).fill(filler);
  around.set(bytes, 16);
  return { bytes: around, start: 16, end: 16 + bytes.length };
}
