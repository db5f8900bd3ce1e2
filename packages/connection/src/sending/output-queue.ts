// The bytes that were sent and that the socket has not taken yet, in order. Messages are encoded straight
// into it, small ones side by side, so that a burst is one write; a large ready-made frame is queued by
// reference and never copied. Leaves to others when to write, and how much is too much.
//
// An empty queue holds no memory but itself. Buffers belong to the pool, ready-made frames to their sender.

import {
  type AnyMessage,
  type Codec,
  type ControlMessage,
  type MessageLimits,
  TypewireError,
} from "@typewire/protocol";
import { ByteWriter } from "@typewire/protocol/internal";

import type { ByteSocket } from "../byte-socket.ts";
import { type BufferPool, LARGE_BYTES } from "./buffer-pool.ts";
import { Segment, SEGMENT_MEMORY_BYTES, type UnsentRun } from "./segment.ts";

/** This much queued within one turn is worth a write of its own: waiting for more only costs memory and cache. */
export const BURST_BYTES = 16 * 1024;

/** A buffer with this much content takes no further message, so that a long queue is freed piece by piece. */
const SEGMENT_BYTES = 64 * 1024;

/** Up to this size a ready-made frame is cheaper to copy beside others than to write on its own. */
const LARGEST_COPIED_BYTES = 4 * 1024;

/** What still leaves of a queue whose peer was too slow. */
export interface CutQueue {
  /** Writes until all of it has left, which is "empty", or the socket takes no more. */
  flush(socket: ByteSocket): FlushResult;
}

/** What `OutputQueue.flush` has come to: all written, the socket is full, or the socket is closed. */
export type FlushResult = "empty" | "full" | "closed";

/** First in, first out, over short writes of any length. */
export class OutputQueue {
  /**
   * Whether what is appended waits for more: all of it, up to 64 KiB, then lies in one buffer and leaves in one write.
   * Two chunks of 32 KiB in one write instead of two are 1.1 times as fast.
   */
  isCorked = false;
  readonly #pool: BufferPool;
  #first: Segment | undefined;
  #last: Segment | undefined;
  #queuedBytes = 0;
  #largestFrameBytes = 0;
  #largeBuffers = 0;
  #sentBytes = 0;
  /**
   * Where in the last buffer a codec is writing, negative when none is. The codec may call a getter of
   * the message, which may send, close or destroy.
   */
  #encodingFrom = -1;

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  /** Bytes waiting for the socket. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** What the queue takes of the budget of all connections: its bytes, or half of its buffers where they are emptier. */
  get budgetBytes(): number {
    const largeBytes = this.#largeBuffers * LARGE_BYTES;
    return Math.max(this.#queuedBytes, largeBytes === 0 ? 0 : BURST_BYTES + largeBytes / 2);
  }

  /** Bytes that the socket has taken. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** True within `append`, in a getter of the message: then nothing may be appended or flushed. */
  get isEncoding(): boolean {
    return this.#encodingFrom >= 0;
  }

  /** Queued bytes beyond the largest frame since the queue was last empty: one frame of any size may wait. */
  get excessBytes(): number {
    return this.#queuedBytes - this.#largestFrameBytes;
  }

  /**
   * Encodes a message at the end of the queue, or throws what the codec throws and leaves the queue as
   * it was. Returns the buffer whose last bytes are now the frame, and which is only to be looked at. Of a
   * frame larger than `roomBytes` nothing is queued: then it begins at the buffer's length.
   */
  append<Message extends AnyMessage>(
    codec: Pick<Codec<Message>, "encodeInto">,
    message: Message | ControlMessage,
    limits?: MessageLimits,
    roomBytes = Infinity,
  ): ByteWriter {
    if (this.#encodingFrom >= 0) throw sendsWithin();
    const writer = this.#openWriter();
    const before = writer.length;
    this.#encodingFrom = before;
    try {
      codec.encodeInto(message, writer, limits);
    } finally {
      this.#encodingFrom = -1;
      const isRefused = writer.length - before > roomBytes;
      if (isRefused) writer.length = before;
      // A getter may have ended the connection, and cleared this queue.
      if (this.#first !== undefined && writer.length > before) this.#count(writer.length - before);
      else if (this.#queuedBytes === 0 && !isRefused) this.clear();
    }
    return writer;
  }

  /**
   * Queues a ready-made frame, or several back to back of which the largest takes `largestBytes`. They must not
   * change from now on.
   */
  appendFrame(frame: Uint8Array, largestBytes = frame.length): void {
    if (this.#encodingFrom >= 0) throw sendsWithin();
    if (frame.length <= LARGEST_COPIED_BYTES && this.#queuedBytes > 0) {
      appendBytes(this.#openWriter(), frame);
    } else {
      this.#push(new Segment(frame));
    }
    this.#count(frame.length, largestBytes);
  }

  /**
   * What may leave of a queue that is cut: the rest of the frame that has begun to, and `last` behind it; its
   * `flush` writes it. What does not leave stays for `unsent` until `clear`. Nothing may be appended any more.
   */
  cut(last: Uint8Array): CutQueue {
    const end = this.#first === undefined ? 0 : this.#first.endOfBegunFrame();
    const segment = new Segment(last);
    return { flush: (socket) => this.#flushCut(socket, end, segment) };
  }

  /** Writes until the queue is empty or the socket takes no more. */
  flush(socket: ByteSocket): FlushResult {
    for (let segment = this.#first; segment !== undefined; segment = this.#first) {
      const bytes = segment.unsent();
      const takenBytes = bytes.length === 0 ? 0 : socket.write(bytes);
      // The socket may close, and the connection clear this queue, before write returns.
      if (segment !== this.#first || takenBytes < 0) return "closed";
      segment.sentBytes += takenBytes;
      this.#queuedBytes -= takenBytes;
      this.#sentBytes += takenBytes;
      if (takenBytes < bytes.length) return "full";
      if (segment.sentBytes === segment.source.length) this.#shift(segment);
    }
    this.#largestFrameBytes = 0;
    return "empty";
  }

  #flushCut(socket: ByteSocket, end: number, last: Segment): FlushResult {
    const first = this.#first;
    if (first !== undefined && first.sentBytes < end) {
      const bytes = first.unsent().subarray(0, end - first.sentBytes);
      const takenBytes = socket.write(bytes);
      if (first !== this.#first || takenBytes < 0) return "closed";
      first.sentBytes += takenBytes;
      this.#queuedBytes -= takenBytes;
      this.#sentBytes += takenBytes;
      if (takenBytes < bytes.length) return "full";
    }
    const bytes = last.unsent();
    if (bytes.length === 0) return "empty";
    const takenBytes = socket.write(bytes);
    if (takenBytes < 0) return "closed";
    last.sentBytes += takenBytes;
    this.#sentBytes += takenBytes;
    return takenBytes < bytes.length ? "full" : "empty";
  }

  /** The queue in order, as runs of whole frames; the first of them may have left in part. */
  *unsent(): Generator<UnsentRun> {
    for (let segment = this.#first; segment !== undefined; segment = segment.next) {
      const { source, sentBytes } = segment;
      if (source instanceof ByteWriter) {
        const isBeingWritten = this.isEncoding && segment === this.#last;
        const end = isBeingWritten ? this.#encodingFrom : source.length;
        yield { bytes: source.bytes.subarray(0, end), sentBytes };
      } else {
        yield { bytes: source, sentBytes };
      }
    }
  }

  /** Bytes of memory in the queue and in buffers of our own; ready-made frames, which others may hold too, go into `shared`. */
  memoryBytes(shared: Set<Uint8Array>): number {
    let bytes = 0;
    for (let segment = this.#first; segment !== undefined; segment = segment.next) {
      bytes += SEGMENT_MEMORY_BYTES;
      if (segment.source instanceof ByteWriter) bytes += segment.source.bytes.length;
      else shared.add(segment.source);
    }
    return bytes;
  }

  /** Drops everything and gives the buffers back. */
  clear(): void {
    for (let segment = this.#first; segment !== undefined; segment = segment.next) {
      this.#release(segment);
    }
    this.#first = undefined;
    this.#last = undefined;
    this.#queuedBytes = 0;
    this.#largestFrameBytes = 0;
    this.#largeBuffers = 0;
  }

  /** The buffer at the end of the queue, with room for another message. */
  #openWriter(): ByteWriter {
    const last = this.#last;
    if (last?.source instanceof ByteWriter) {
      const isBurst = last === this.#first && !this.isCorked;
      const mostBytes = isBurst ? BURST_BYTES : SEGMENT_BYTES;
      if (last.source.length < mostBytes) return last.source;
    }
    const isLong = last?.source instanceof ByteWriter;
    const writer = isLong ? this.#pool.takeLarge() : this.#pool.take();
    if (last?.source instanceof Uint8Array && last.source.length <= LARGEST_COPIED_BYTES) {
      // One small ready-made frame is written without a copy; with another behind it, a copy saves a write.
      appendBytes(writer, last.source);
      last.source = writer;
    } else {
      this.#push(new Segment(writer));
    }
    if (isLong && this.#last !== undefined) {
      this.#last.isLarge = true;
      this.#largeBuffers += 1;
    }
    return writer;
  }

  #push(segment: Segment): void {
    if (this.#last === undefined) this.#first = segment;
    else this.#last.next = segment;
    this.#last = segment;
  }

  #shift(segment: Segment): void {
    this.#first = segment.next;
    if (segment.next === undefined) this.#last = undefined;
    if (segment.isLarge) this.#largeBuffers -= 1;
    this.#release(segment);
  }

  #release(segment: Segment): void {
    // The codec may still write into the buffer; the pool must not lend it again.
    if (segment.source instanceof ByteWriter && !this.isEncoding) this.#pool.give(segment.source);
  }

  #count(bytes: number, largestFrameBytes = bytes): void {
    this.#queuedBytes += bytes;
    if (largestFrameBytes > this.#largestFrameBytes) this.#largestFrameBytes = largestFrameBytes;
  }
}

/** A frame that a getter of a message sent would stand in the middle of that message's. */
function sendsWithin(): TypewireError {
  return new TypewireError(
    "schema-mismatch",
    "Cannot send: expected a message of plain properties, got a getter that sends another",
  );
}

function appendBytes(writer: ByteWriter, bytes: Uint8Array): void {
  writer.reserve(bytes.length);
  writer.bytes.set(bytes, writer.length);
  writer.length += bytes.length;
}
