// Cuts a byte stream into frames: chunks in, `(bytes, start, end)` of each payload out, synchronously.
// Leaves CBOR, timeouts and sockets to others. A frame that lies whole inside a chunk is handed out in
// place, without a copy; one that spans chunks is gathered in a buffer that grows with what arrived,
// never with what was announced. The bytes belong to the reader's caller until the callback returns.

import { assertBytes } from "../assert-bytes.ts";
import { TypewireError } from "../errors.ts";
import {
  cannotBecomeHeader,
  decodeHeader,
  HEADER_BYTES,
  invalidHeader,
  MAX_ANNOUNCED_BYTES,
} from "./header.ts";
import { defaultLimits } from "../limits.ts";
import { release } from "../release.ts";

/** Receives one payload: `bytes[start, end)`, valid until it returns. */
export type OnFrame = (bytes: Uint8Array, start: number, end: number) => void;

/** How frames are read. */
export interface FrameReaderOptions {
  /** Largest payload accepted, in bytes. Default 1 MiB. */
  readonly maxFrameBytes?: number;
  /**
   * Whether a buffer in which a frame was gathered is freed as soon as `onFrame` returns: then what was
   * kept of it is empty. Default false: the garbage collector frees it.
   */
  readonly releaseFrames?: boolean;
}

/** The refusal of a frame of `length` payload bytes. */
export function frameTooLarge(length: number, limit: number): TypewireError {
  return new TypewireError(
    "frame-too-large",
    `Cannot read frame: header announces ${length} bytes, limit ${limit}`,
  );
}

/** Up to this many bytes, a payload's buffer is taken at once instead of grown. */
const SMALL_FRAME_BYTES = 4096;

/**
 * States: between frames → in a header → in a payload → between frames. An error is final: a reader
 * that has failed throws the same error at every later `push`.
 */
export class FrameReader {
  #maxFrameBytes = defaultLimits.maxFrameBytes;
  readonly #releaseFrames: boolean;
  #failure: TypewireError | undefined;
  #stopped = false;
  /** Set by `stop` and `suspend`: nothing more of the chunk under way. */
  #interrupted = false;
  /** The first bytes of a header that is not whole yet. */
  #header: Uint8Array | undefined;
  /** The first bytes of a payload that is not whole yet; its capacity follows what arrived. */
  #payload: Uint8Array | undefined;
  /** Bytes held in `#header` or `#payload`. */
  #held = 0;
  /** Announced length of the payload under way, 0 between frames. */
  #announced = 0;

  constructor(options: FrameReaderOptions = {}) {
    if (typeof options !== "object" || options === null) {
      throw new TypewireError(
        "option-invalid",
        `options: expected an object, got ${String(options)}`,
      );
    }
    if (options.maxFrameBytes !== undefined) this.maxFrameBytes = options.maxFrameBytes;
    this.#releaseFrames = options.releaseFrames ?? false;
  }

  /** Largest payload accepted, in bytes. A change holds from the next header on; a frame under way keeps its verdict. */
  get maxFrameBytes(): number {
    return this.#maxFrameBytes;
  }

  set maxFrameBytes(bytes: number) {
    if (!Number.isInteger(bytes) || bytes < 1 || bytes > MAX_ANNOUNCED_BYTES) {
      throw new TypewireError(
        "option-invalid",
        `maxFrameBytes: expected an integer from 1 to ${MAX_ANNOUNCED_BYTES}, got ${typeof bytes === "number" ? bytes : typeof bytes}`,
      );
    }
    this.#maxFrameBytes = bytes;
  }

  /** Bytes kept of a frame that is not whole yet, its header included; 0 between frames. */
  get bufferedBytes(): number {
    return this.#held + (this.#announced === 0 ? 0 : HEADER_BYTES);
  }

  /** Announced payload length of the frame under way; undefined until its header is whole. */
  get pendingFrameBytes(): number | undefined {
    return this.#announced === 0 ? undefined : this.#announced;
  }

  /**
   * Takes the next bytes of the stream and hands out every payload that is now whole, in order.
   * `chunk` is not kept. An exception of `onFrame` passes through and stops the reader.
   * Returns how many bytes it took: all of them, unless `suspend` was called.
   *
   * @throws TypewireError `header-invalid`, `frame-empty`, or `frame-too-large`, the latter from the
   * header alone; `option-invalid` where it was given something else, of which nothing is taken.
   */
  push(chunk: Uint8Array, onFrame: OnFrame): number {
    if (this.#failure !== undefined) throw this.#failure;
    assertBytes("chunk", chunk);
    if (typeof onFrame !== "function") {
      throw new TypewireError(
        "option-invalid",
        `onFrame: expected a function, got ${typeof onFrame}`,
      );
    }
    this.#interrupted = this.#stopped;
    let position = 0;
    while (position < chunk.length && !this.#interrupted) {
      position =
        this.#held > 0 || this.#announced > 0
          ? this.#continueFrame(chunk, position, onFrame)
          : this.#startFrame(chunk, position, onFrame);
    }
    return this.#stopped ? chunk.length : position;
  }

  /** From inside `onFrame`: hands out nothing more, neither of this chunk nor of later ones. */
  stop(): void {
    this.#stopped = true;
    this.#interrupted = true;
    this.#forgetFrame();
  }

  /** From inside `onFrame`: hands out nothing more of this chunk. Push what `push` did not take when it is time to go on. */
  suspend(): void {
    this.#interrupted = true;
  }

  /**
   * Tells the reader that the stream has ended.
   *
   * @throws TypewireError `frame-truncated` in the middle of a frame.
   */
  end(): void {
    if (this.#failure !== undefined || this.bufferedBytes === 0) return;
    const progress =
      this.#announced === 0
        ? `${this.#held} of the header's ${HEADER_BYTES} bytes`
        : `${this.#held} of ${this.#announced} payload bytes`;
    throw this.#fail(
      new TypewireError("frame-truncated", `Cannot read frame: the stream ended after ${progress}`),
    );
  }

  /** Between frames: reads as many whole frames as the chunk holds, then keeps what is left. */
  #startFrame(chunk: Uint8Array, start: number, onFrame: OnFrame): number {
    const available = chunk.length;
    let position = start;
    while (available - position >= HEADER_BYTES) {
      const length = this.#readHeader(chunk, position);
      const payloadStart = position + HEADER_BYTES;
      const payloadEnd = payloadStart + length;
      if (payloadEnd > available) {
        this.#announced = length;
        return payloadStart === available ? available : this.#gather(chunk, payloadStart, onFrame);
      }
      this.#deliver(chunk, payloadStart, payloadEnd, onFrame);
      if (this.#interrupted) return payloadEnd;
      position = payloadEnd;
    }
    if (position < available) this.#gatherHeader(chunk, position);
    return available;
  }

  #continueFrame(chunk: Uint8Array, position: number, onFrame: OnFrame): number {
    return this.#announced === 0
      ? this.#gatherHeader(chunk, position)
      : this.#gather(chunk, position, onFrame);
  }

  #gatherHeader(chunk: Uint8Array, position: number): number {
    const header = (this.#header ??= new Uint8Array(HEADER_BYTES));
    const taken = Math.min(HEADER_BYTES - this.#held, chunk.length - position);
    header.set(chunk.subarray(position, position + taken), this.#held);
    this.#held += taken;
    if (this.#held === HEADER_BYTES) {
      this.#announced = this.#readHeader(header, 0);
      this.#header = undefined;
      this.#held = 0;
    } else if (cannotBecomeHeader(header, 0, this.#held)) {
      throw this.#fail(invalidHeader(header, 0, this.#held));
    }
    return position + taken;
  }

  /** Moves bytes of the payload under way out of the chunk; delivers it when whole. Returns the position after them. */
  #gather(chunk: Uint8Array, position: number, onFrame: OnFrame): number {
    const announced = this.#announced;
    const taken = Math.min(announced - this.#held, chunk.length - position);
    if (taken === announced) {
      this.#announced = 0;
      this.#deliver(chunk, position, position + taken, onFrame);
      return position + taken;
    }
    const payload = this.#roomFor(this.#held + taken);
    payload.set(chunk.subarray(position, position + taken), this.#held);
    this.#held += taken;
    if (this.#held === announced) {
      this.#payload = undefined;
      this.#forgetFrame();
      this.#deliver(payload, 0, announced, onFrame);
      if (this.#releaseFrames) release(payload);
    }
    return position + taken;
  }

  /** The payload's buffer with room for `needed` bytes: doubled when full, so that gathering costs linear time. */
  #roomFor(needed: number): Uint8Array {
    const current = this.#payload;
    if (current !== undefined && current.length >= needed) return current;
    const capacity = Math.min(this.#announced, Math.max(needed * 2, SMALL_FRAME_BYTES));
    const grown = new Uint8Array(capacity);
    if (current !== undefined) {
      grown.set(current.subarray(0, this.#held));
      release(current);
    }
    this.#payload = grown;
    return grown;
  }

  #deliver(bytes: Uint8Array, start: number, end: number, onFrame: OnFrame): void {
    let returned = false;
    try {
      onFrame(bytes, start, end);
      returned = true;
    } finally {
      if (!returned) this.stop();
    }
  }

  #readHeader(bytes: Uint8Array, start: number): number {
    let length: number;
    try {
      length = decodeHeader(bytes, start);
    } catch (error) {
      throw error instanceof TypewireError ? this.#fail(error) : error;
    }
    if (length > this.#maxFrameBytes) {
      throw this.#fail(frameTooLarge(length, this.#maxFrameBytes));
    }
    return length;
  }

  #fail(error: TypewireError): TypewireError {
    this.#failure = error;
    this.#forgetFrame();
    return error;
  }

  #forgetFrame(): void {
    if (this.#payload !== undefined) release(this.#payload);
    this.#header = undefined;
    this.#payload = undefined;
    this.#held = 0;
    this.#announced = 0;
  }
}
