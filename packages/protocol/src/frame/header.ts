// The ten bytes in front of every payload: its length in ASCII decimal digits, left-aligned, padded
// with spaces. It is the tutorial's header, kept byte for byte. Pure functions over the caller's bytes.

import { TypewireError } from "../errors.ts";

/** Bytes of a frame header. */
export const HEADER_BYTES = 10;

/** The longest payload ten digits can announce, in bytes. */
export const MAX_ANNOUNCED_BYTES = 9_999_999_999;

const SPACE = 0x20;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

/** The header of a payload of `payloadLength` bytes, as ten fresh bytes. */
export function encodeHeader(payloadLength: number): Uint8Array {
  if (
    !Number.isInteger(payloadLength) ||
    payloadLength < 1 ||
    payloadLength > MAX_ANNOUNCED_BYTES
  ) {
    throw new TypewireError(
      "option-invalid",
      `Cannot write header: expected a length from 1 to ${MAX_ANNOUNCED_BYTES}, got ${typeof payloadLength === "number" ? payloadLength : typeof payloadLength}`,
    );
  }
  const header = new Uint8Array(HEADER_BYTES);
  writeHeader(header, 0, payloadLength);
  return header;
}

/** Writes the header of a payload of `payloadLength` bytes, 1 to 9 999 999 999, into `target` at `start`. */
export function writeHeader(target: Uint8Array, start: number, payloadLength: number): void {
  let digits = 1;
  for (let bound = 10; payloadLength >= bound; bound *= 10) digits += 1;
  let index = start + digits - 1;
  let rest = payloadLength;
  // Until it is an integer to the engine as well: dividing those takes half the time.
  for (; rest > 0x7fff_ffff; index -= 1) {
    target[index] = DIGIT_0 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  for (let small = rest | 0; index >= start; index -= 1) {
    const quotient = (small / 10) | 0;
    target[index] = DIGIT_0 + (small - quotient * 10);
    small = quotient;
  }
  for (let at = start + digits; at < start + HEADER_BYTES; at += 1) target[at] = SPACE;
}

/**
 * The payload length that the ten bytes at `start` announce.
 *
 * @throws TypewireError `header-invalid`, quoting the bytes, unless they are one or more digits
 * followed only by spaces; `frame-empty` where the length is 0.
 */
export function decodeHeader(bytes: Uint8Array, start = 0): number {
  const end = start + HEADER_BYTES;
  let length = 0;
  let index = start;
  for (; index < end; index += 1) {
    const byte = bytes[index];
    if (byte === undefined || byte < DIGIT_0 || byte > DIGIT_9) break;
    length = length * 10 + (byte - DIGIT_0);
  }
  if (index === start) throw invalidHeader(bytes, start);
  for (; index < end; index += 1) {
    if (bytes[index] !== SPACE) throw invalidHeader(bytes, start);
  }
  if (length === 0) {
    throw new TypewireError(
      "frame-empty",
      "Cannot read frame: header announces 0 bytes, expected a payload of at least 1",
    );
  }
  return length;
}

/** Whether no further bytes can make `bytes[start, end)` a header: a byte that is not printable ASCII is among them. */
export function cannotBecomeHeader(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte < SPACE || byte > 0x7e) return true;
  }
  return false;
}

/** The error for bytes that are not a header; quotes up to ten of them and says what they look like. */
export function invalidHeader(
  bytes: Uint8Array,
  start: number,
  end: number = start + HEADER_BYTES,
): TypewireError {
  const seen = bytes.subarray(start, Math.min(end, start + HEADER_BYTES, bytes.length));
  const likeness = describeLikeness(seen);
  return new TypewireError(
    "header-invalid",
    `Cannot read frame: expected ten bytes of decimal length padded with spaces, got ${quoteBytes(seen)}` +
      (likeness === undefined ? "" : ` (${likeness})`),
  );
}

function quoteBytes(bytes: Uint8Array): string {
  let quoted = "";
  for (const byte of bytes) {
    if (byte === 0x22 || byte === 0x5c) quoted += `\\${String.fromCharCode(byte)}`;
    else if (byte >= SPACE && byte <= 0x7e) quoted += String.fromCharCode(byte);
    else quoted += `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return `"${quoted}"`;
}

const TEXT_PROTOCOLS: readonly (readonly [pattern: RegExp, likeness: string])[] = [
  [
    /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE) /,
    "this looks like an HTTP request; Typewire speaks its own protocol over plain TCP",
  ],
  [/^HTTP\//, "this looks like an HTTP response; the peer is a web server"],
  [/^PRI \* /, "this looks like HTTP/2"],
  [/^SSH-/, "this looks like an SSH banner; the peer is an SSH server"],
  [/^PROXY /, "this looks like a PROXY protocol header; turn it off in the proxy"],
  [/^(\*\d|PING)/, "this looks like the Redis protocol"],
  [/^ +\d+$/, "the length is aligned to the right; it belongs on the left"],
];

function describeLikeness(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0x16 && (bytes.length < 2 || bytes[1] === 0x03)) {
    return "this looks like a TLS handshake; this port speaks plain TCP";
  }
  if (bytes[0] === 0x15 && (bytes.length < 2 || bytes[1] === 0x03)) {
    return "this looks like a TLS alert; the peer expects TLS";
  }
  const text = String.fromCharCode(...bytes);
  for (const [pattern, likeness] of TEXT_PROTOCOLS) if (pattern.test(text)) return likeness;
  if (
    /^[\x20-\x7e]*\r?\n/.test(text) ||
    (bytes.length === HEADER_BYTES && /^[\x20-\x7e]*[a-z][\x20-\x7e]*$/i.test(text))
  ) {
    return "this looks like typed text; frames carry CBOR behind a length";
  }
  if (bytes[0] === 0) return "this looks like a binary length; it must be written in digits";
  return undefined;
}
