// Text to bytes and back by the fastest means the host has, chosen by length (Bun 1.4.5, measured). In
// Bun and Node, Buffer's methods take any Uint8Array and make no view first: 30 ns to read short text
// where TextDecoder takes 60, 20 ns to write it where TextEncoder takes 45. Where they do not exist, those
// serve. No host module is imported. Short ASCII that was read before is compared and reused, 8 ns.

/** The methods of Node's `Buffer` that are used, where the host has it. */
interface HostBuffer {
  readonly prototype: {
    readonly latin1Slice: (this: Uint8Array, start: number, end: number) => string;
    readonly utf8Slice: (this: Uint8Array, start: number, end: number) => string;
    readonly utf8Write: (this: Uint8Array, text: string, start: number, length: number) => number;
  };
}

function hostBuffer(): HostBuffer | undefined {
  const { Buffer } = globalThis as { readonly Buffer?: HostBuffer };
  const prototype: Partial<HostBuffer["prototype"]> = Buffer?.prototype ?? {};
  const { latin1Slice, utf8Slice, utf8Write } = prototype;
  const complete = latin1Slice !== undefined && utf8Slice !== undefined && utf8Write !== undefined;
  return complete ? Buffer : undefined;
}

/** Up to this many bytes, telling ASCII first and copying it is faster than decoding. */
const SHORT_BYTES = 32;
/** From this many bytes on, TextDecoder is faster: it checks while it decodes. */
const LONG_BYTES = 256;
/** Up to this many bytes, text is remembered. */
const REMEMBERED_BYTES = 24;
/** How many texts are remembered, a power of two; a newer one takes the place of an older. */
const PLACES = 4096;
const REPLACEMENT = "\uFFFD";

/** The text of `bytes[start, end)`; undefined where it is not valid UTF-8 or may not be. */
export type TextReader = (bytes: Uint8Array, start: number, end: number) => string | undefined;

/** A reader with a memory of its own, by the means of this host. */
export function createTextReader(): TextReader {
  const host = hostBuffer();
  return host === undefined ? createDecodingReader() : createSlicingReader(host);
}

function createSlicingReader({ prototype }: HostBuffer): TextReader {
  const { latin1Slice, utf8Slice } = prototype;
  const remembered: string[] = Array.from({ length: PLACES }, () => "");
  const decodeLong = createDecodingReader();

  const readLonger = (bytes: Uint8Array, start: number, end: number): string | undefined => {
    const length = end - start;
    if (length >= LONG_BYTES) return decodeLong(bytes, start, end);
    if (length <= SHORT_BYTES) {
      let seen = 0;
      for (let index = start; index < end; index += 1) seen |= bytes[index] as number;
      if (seen < 0x80) return latin1Slice.call(bytes, start, end);
    }
    const text = utf8Slice.call(bytes, start, end);
    // What is not UTF-8 was replaced; a replacement character that was really sent is told apart by the reference path.
    return text.includes(REPLACEMENT) ? undefined : text;
  };

  return (bytes, start, end) => {
    const length = end - start;
    if (length > REMEMBERED_BYTES) return readLonger(bytes, start, end);
    if (length === 0) return "";
    const place = placeOf(bytes, start, end);
    const known = remembered[place] as string;
    if (known.length === length && equals(known, bytes, start)) return known;
    const text = readLonger(bytes, start, end);
    // Of one length in bytes and characters: ASCII, so that comparing characters with bytes is right.
    if (text?.length === length) remembered[place] = text;
    return text;
  };
}

function placeOf(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start] as number;
  const middle = bytes[(start + end) >> 1] as number;
  const last = bytes[end - 1] as number;
  return (first * 7 + middle * 61 + last * 331 + (end - start) * 17) & (PLACES - 1);
}

function equals(text: string, bytes: Uint8Array, start: number): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) !== bytes[start + index]) return false;
  }
  return true;
}

/** The reader for hosts without slices, and for long text. */
export function createDecodingReader(): TextReader {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return (bytes, start, end) => {
    try {
      return decoder.decode(bytes.subarray(start, end));
    } catch {
      return undefined;
    }
  };
}

/** Writes well-formed text as UTF-8 at `start`, where there is room for it; returns the number of bytes. */
export type TextWriter = (bytes: Uint8Array, start: number, text: string) => number;

/** A writer by the means of this host. */
export function createTextWriter(): TextWriter {
  const host = hostBuffer();
  if (host === undefined) return createEncodingWriter();
  const { utf8Write } = host.prototype;
  return (bytes, start, text) => utf8Write.call(bytes, text, start, bytes.length - start);
}

/** The writer for hosts without `utf8Write`. */
export function createEncodingWriter(): TextWriter {
  const encoder = new TextEncoder();
  return (bytes, start, text) => encoder.encodeInto(text, bytes.subarray(start)).written;
}
