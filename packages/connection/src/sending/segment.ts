// One piece of an output queue, and how much of it has left. Knows frames only by their headers; which piece
// is written when is the queue's.

import { decodeHeader, HEADER_BYTES } from "@typewire/protocol";
import { ByteWriter } from "@typewire/protocol/internal";

/** Memory of a segment itself, which is most of what a queue of shared frames holds. */
export const SEGMENT_MEMORY_BYTES = 64;

/** Whole frames back to back, of which the first `sentBytes` bytes have left. */
export interface UnsentRun {
  readonly bytes: Uint8Array;
  readonly sentBytes: number;
}

/** A run of bytes in the queue: the content of a buffer of the pool, or a ready-made frame. */
export class Segment {
  source: ByteWriter | Uint8Array;
  isLarge = false;
  sentBytes = 0;
  next: Segment | undefined;

  constructor(source: ByteWriter | Uint8Array) {
    this.source = source;
  }

  /** What has not left. */
  unsent(): Uint8Array {
    const { source, sentBytes } = this;
    return source instanceof ByteWriter
      ? source.bytes.subarray(sentBytes, source.length)
      : source.subarray(sentBytes);
  }

  /** Where the frame ends that has left in part; where none has, how far the segment has left. */
  endOfBegunFrame(): number {
    const { source, sentBytes } = this;
    const bytes = source instanceof ByteWriter ? source.bytes : source;
    let end = 0;
    while (end < sentBytes) end += HEADER_BYTES + decodeHeader(bytes, end);
    return end;
  }
}
