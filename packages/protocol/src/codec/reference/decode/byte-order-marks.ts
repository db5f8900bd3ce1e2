// cbor-x reads text of more than 64 bytes with a TextDecoder that swallows one leading byte order mark.
// Such text is given a second one to swallow. Only payloads that have any come here.

import { ByteWriter } from "../../../byte-writer.ts";
import type { MarkedText } from "../../../cbor/scan.ts";
import { MAJOR, writeHead } from "../../../cbor/write.ts";

const MARK = Uint8Array.of(0xef, 0xbb, 0xbf);
/** Up to this many bytes cbor-x 1.6.9 decodes text itself, and keeps the mark. */
const KEPT_BYTES = 64;

/** A copy of `bytes[start, end)` from which cbor-x reads the `marked` texts as they stand in the payload. */
export function withMarksToSwallow(
  bytes: Uint8Array,
  start: number,
  end: number,
  marked: readonly MarkedText[],
): Uint8Array {
  const writer = new ByteWriter(end - start + marked.length * (MARK.length + 1));
  let copied = start;
  for (const { headAt, contentAt, end: contentEnd } of marked) {
    const length = contentEnd - contentAt;
    if (length <= KEPT_BYTES) continue;
    append(writer, bytes.subarray(copied, headAt));
    writeHead(writer, MAJOR.text, length + MARK.length);
    append(writer, MARK);
    copied = contentAt;
  }
  append(writer, bytes.subarray(copied, end));
  return writer.copy();
}

function append(writer: ByteWriter, bytes: Uint8Array): void {
  writer.reserve(bytes.length);
  writer.bytes.set(bytes, writer.length);
  writer.length += bytes.length;
}
