// Lends the buffers that messages are encoded into. A connection holds one only while it has unsent
// bytes, so ten thousand idle connections hold none, and a busy one gets its grown buffer back.

import { ByteWriter } from "@typewire/protocol";

/** What a new buffer starts with: enough for a burst of small messages, little enough for 10 000 at once. */
const INITIAL_BYTES = 1024;

/** Larger buffers are left to the garbage collector: they belonged to one large message. */
const LARGEST_KEPT_BYTES = 256 * 1024;

/** With the size above, a pool keeps at most 4 MiB. */
const MOST_KEPT = 16;

/** A few buffers shared by all connections of one endpoint. */
export class BufferPool {
  readonly #idle: ByteWriter[] = [];

  /** An empty buffer, the one given back last first: it is the warmest, and has grown to what is needed. */
  take(): ByteWriter {
    return this.#idle.pop() ?? new ByteWriter(INITIAL_BYTES);
  }

  /** Takes a buffer back; nobody may hold a view of it any more. */
  give(writer: ByteWriter): void {
    if (this.#idle.length >= MOST_KEPT || writer.bytes.length > LARGEST_KEPT_BYTES) return;
    writer.reset();
    this.#idle.push(writer);
  }
}
