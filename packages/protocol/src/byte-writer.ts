// A growable output buffer. The holder of the writer owns the bytes; encoders append at `length`
// and put `length` back when they fail, so a message is in the buffer whole or not at all.

const INITIAL_BYTES = 1024;

/** Bytes being written: `bytes[0, length)` is content, the rest is room. */
export class ByteWriter {
  bytes: Uint8Array;
  /** A view of all of `bytes`, for multi-byte numbers. */
  view: DataView;
  length = 0;

  constructor(initialBytes: number = INITIAL_BYTES) {
    this.bytes = new Uint8Array(initialBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room for `count` more bytes after `length`; may replace `bytes` and `view`. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  /** Forgets the content and keeps the room. */
  reset(): void {
    this.length = 0;
  }

  /** A copy of the content from `start` on. */
  copy(start = 0): Uint8Array {
    return this.bytes.slice(start, this.length);
  }
}
