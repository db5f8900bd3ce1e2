// Lends the buffers that messages are encoded into. A connection holds one only while it has unsent
// bytes, so ten thousand idle connections hold none, and a busy one gets its grown buffer back.

import { ByteWriter, release } from "@typewire/protocol/internal";

/** What a new buffer starts with: enough for a burst of small messages, little enough for 10 000 at once. */
const INITIAL_BYTES = 1024;

/** What the buffers of a long queue have, so that they need not grow: a heap full of outgrown ones is twice as large. */
export const LARGE_BYTES = 80 * 1024;

/** Larger buffers are not kept: they belonged to one large message. */
const LARGEST_KEPT_BYTES = 256 * 1024;

/** Kept for bursts, and as much again for long queues: a destroyed connection leaves the buffers that the others need next. */
const MOST_KEPT_BYTES = 1024 * 1024;

/** A few buffers shared by all connections of one endpoint. */
export class BufferPool {
  readonly #small = new Stack();
  readonly #large = new Stack();

  /** Bytes of the buffers that are kept. */
  get idleBytes(): number {
    return this.#small.bytes + this.#large.bytes;
  }

  /** An empty buffer, the one given back last first: it is the warmest, and has grown to what is needed. */
  take(): ByteWriter {
    return this.#small.pop() ?? new ByteWriter(INITIAL_BYTES);
  }

  /** An empty buffer for a queue that is long already. */
  takeLarge(): ByteWriter {
    return this.#large.pop() ?? new ByteWriter(LARGE_BYTES);
  }

  /** Takes a buffer back; no view of it may be used any more. */
  give(writer: ByteWriter): void {
    const { length } = writer.bytes;
    const stack = length === LARGE_BYTES ? this.#large : this.#small;
    if (length <= LARGEST_KEPT_BYTES && stack.bytes + length <= MOST_KEPT_BYTES) {
      writer.reset();
      stack.push(writer);
    } else {
      release(writer.bytes);
    }
  }
}

/** Last in, first out; knows its size. */
class Stack {
  bytes = 0;
  readonly #writers: ByteWriter[] = [];

  push(writer: ByteWriter): void {
    this.#writers.push(writer);
    this.bytes += writer.bytes.length;
  }

  pop(): ByteWriter | undefined {
    const writer = this.#writers.pop();
    if (writer !== undefined) this.bytes -= writer.bytes.length;
    return writer;
  }
}
