// Lends the buffers that messages are encoded into. A connection holds one only while it has unsent
// bytes, so ten thousand idle connections hold none, and a busy one gets its grown buffer back. What
// nobody has needed for a while is freed.

import { ByteWriter, release } from "@typewire/protocol/internal";

/** What a new buffer starts with: enough for a burst of small messages, little enough for 10 000 at once. */
const INITIAL_BYTES = 1024;

/** What the buffers of a long queue have, so that they need not grow: a heap full of outgrown ones is twice as large. */
const LARGE_BYTES = 80 * 1024;

/** Larger buffers are not kept: they belonged to one large message. */
const LARGEST_KEPT_BYTES = 256 * 1024;

/** Kept for bursts, and as much again for long queues: what a cut connection leaves is what those that go on need next. */
const MOST_KEPT_BYTES = 1024 * 1024;

/** A few buffers shared by all connections of one endpoint. */
export class BufferPool {
  readonly #users: { readonly size: number };
  readonly #small = new Stack();
  readonly #large = new Stack();

  /** `users` may want a buffer; without any, none is kept. */
  constructor(users: { readonly size: number } = { size: 1 }) {
    this.#users = users;
  }

  /** Bytes kept for whoever comes next. */
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

  /** Takes a buffer back; nobody may hold a view of it any more. */
  give(writer: ByteWriter): void {
    const { length } = writer.bytes;
    const stack = length === LARGE_BYTES ? this.#large : this.#small;
    const hasRoom = length <= LARGEST_KEPT_BYTES && stack.bytes + length <= MOST_KEPT_BYTES;
    if (hasRoom && this.#users.size > 0) {
      writer.reset();
      stack.push(writer);
    } else {
      release(writer.bytes);
    }
  }

  /** Lets go of what nobody has needed since the last call; of all where nobody is left. */
  trim(): void {
    for (const stack of [this.#small, this.#large]) {
      stack.trim();
      if (this.#users.size === 0) stack.trim();
    }
  }
}

/** Last in, first out; knows how many at its bottom nobody has needed. */
class Stack {
  bytes = 0;
  readonly #writers: ByteWriter[] = [];
  #unneeded = 0;

  push(writer: ByteWriter): void {
    this.#writers.push(writer);
    this.bytes += writer.bytes.length;
  }

  pop(): ByteWriter | undefined {
    const writer = this.#writers.pop();
    if (writer === undefined) return undefined;
    this.bytes -= writer.bytes.length;
    if (this.#writers.length < this.#unneeded) this.#unneeded = this.#writers.length;
    return writer;
  }

  /** Drops what has lain here ever since the last call. */
  trim(): void {
    for (const { bytes } of this.#writers.splice(0, this.#unneeded)) {
      this.bytes -= bytes.length;
      release(bytes);
    }
    this.#unneeded = this.#writers.length;
  }
}
