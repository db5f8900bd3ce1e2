// How large a payload is in items and levels: what a receiver's limits count. For payloads that our codec has
// written, one frame for many receivers with limits of their own; anything else is measured in vain.

/** What `DecodeLimits` bound. */
export interface PayloadSize {
  /** Keys, values and containers, the message itself included. */
  readonly items: number;
  /** Levels of arrays and maps, the message itself being level 1. */
  readonly nesting: number;
}

/** Measures the one item in `bytes[start, …)`, of definite lengths and without tags. Reads nothing twice, keeps nothing. */
export function measurePayload(bytes: Uint8Array, start = 0): PayloadSize {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** Items still to come in each container that is open. */
  const open: number[] = [];
  let items = 0;
  let nesting = 0;
  let position = start;
  do {
    const head = view.getUint8(position);
    const major = head >> 5;
    const { argument, length } = argumentAt(view, position);
    position += length;
    items += 1;
    if (major === 2 || major === 3) position += argument;
    if (open.length > 0) open.push((open.pop() ?? 0) - 1);
    if (major === 4 || major === 5) {
      open.push(major === 5 ? 2 * argument : argument);
      nesting = Math.max(nesting, open.length);
    }
    while (open.at(-1) === 0) open.pop();
  } while (open.length > 0);
  return { items, nesting };
}

/** The argument of the head at `position`, and how many bytes the head takes (RFC 8949 §3). */
function argumentAt(view: DataView, position: number): { argument: number; length: number } {
  const info = view.getUint8(position) & 0x1f;
  switch (info) {
    case 24:
      return { argument: view.getUint8(position + 1), length: 2 };
    case 25:
      return { argument: view.getUint16(position + 1), length: 3 };
    case 26:
      return { argument: view.getUint32(position + 1), length: 5 };
    case 27:
      return { argument: Number(view.getBigUint64(position + 1)), length: 9 };
    default:
      return { argument: info, length: 1 };
  }
}
