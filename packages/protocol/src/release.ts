// Gives large buffers back at once. Left to the garbage collector they wait for it by the megabyte, and
// what lies between them then keeps the system from having the pages back.

/** Below this, a buffer is cheaper to leave to the garbage collector: giving one back takes a microsecond. */
const LEAST_RELEASED_BYTES = 32 * 1024;

/**
 * Frees the memory of `bytes`, and of all other views of the same buffer; they are empty afterwards. Does nothing
 * where the buffer is small, or `bytes` is the beginning of it and small.
 */
export function release(bytes: ArrayBufferView): void {
  // The host makes the buffer of a chunk when it is asked for, which takes longer than reading a small chunk.
  if (bytes.byteOffset === 0 && bytes.byteLength < LEAST_RELEASED_BYTES) return;
  const { buffer } = bytes;
  if (buffer.byteLength >= LEAST_RELEASED_BYTES && buffer instanceof ArrayBuffer)
    buffer.transfer(0);
}
