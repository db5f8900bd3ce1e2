import type { FrameReader } from "../../src/frame/frame-reader.ts";

/** Pushes the pieces and gives a copy of every payload that came out, in order. */
export function payloadsOf(reader: FrameReader, pieces: Iterable<Uint8Array>): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  for (const piece of pieces) {
    reader.push(piece, (bytes, start, end) => payloads.push(bytes.slice(start, end)));
  }
  return payloads;
}

/** `bytes` one by one. */
export function* byteByByte(bytes: Uint8Array): Generator<Uint8Array> {
  for (let index = 0; index < bytes.length; index += 1) yield bytes.slice(index, index + 1);
}
