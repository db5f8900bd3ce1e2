// CBOR as a peer might write it, well or badly: each head in the width that the test asks for. Shares
// nothing with the writer under test.

import { concat, fromText } from "./bytes.ts";

/** Bytes of the argument behind the initial byte; 0 puts it into the initial byte itself. */
export type Width = 0 | 1 | 2 | 4 | 8;

/** Every width a head can have. */
export const WIDTHS: readonly Width[] = [0, 1, 2, 4, 8];

/** Major types by name. */
export const MAJORS = {
  unsigned: 0,
  negative: 1,
  bytes: 2,
  text: 3,
  array: 4,
  map: 5,
  tag: 6,
} as const;

/** The narrowest width that holds `argument`. */
export function narrowest(argument: bigint): Width {
  if (argument < 24n) return 0;
  if (argument < 1n << 8n) return 1;
  if (argument < 1n << 16n) return 2;
  return argument < 1n << 32n ? 4 : 8;
}

/** A head. Without a width it is the shortest. */
export function head(
  major: keyof typeof MAJORS,
  argument: number | bigint,
  width: Width = narrowest(BigInt(argument)),
): Uint8Array {
  const high = MAJORS[major] << 5;
  if (width === 0) return Uint8Array.of(high | Number(argument));
  const bytes = new Uint8Array(1 + width);
  bytes[0] = high | (24 + Math.log2(width));
  let rest = BigInt(argument);
  for (let index = width; index >= 1; index -= 1) {
    bytes[index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/** An integer item. */
export function integer(value: number | bigint, width?: Width): Uint8Array {
  const big = BigInt(value);
  return big < 0n ? head("negative", -1n - big, width) : head("unsigned", big, width);
}

/** A text item. */
export function text(content: string | Uint8Array, width?: Width): Uint8Array {
  const bytes = typeof content === "string" ? fromText(content) : content;
  return concat(head("text", bytes.length, width), bytes);
}

/** A byte string item. */
export function byteString(content: Uint8Array, width?: Width): Uint8Array {
  return concat(head("bytes", content.length, width), content);
}

/** An array item. */
export function array(...items: readonly Uint8Array[]): Uint8Array {
  return concat(head("array", items.length), ...items);
}

/** A map item; `entries` are keys and values in turn. */
export function map(...entries: readonly Uint8Array[]): Uint8Array {
  return concat(head("map", entries.length / 2), ...entries);
}

/** A double. */
export function double(value: number): Uint8Array {
  const bytes = new Uint8Array(9);
  bytes[0] = 0xfb;
  new DataView(bytes.buffer).setFloat64(1, value);
  return bytes;
}

/** A message: `type` first, then `fields`, which are keys and values in turn. */
export function message(type: string, ...fields: readonly Uint8Array[]): Uint8Array {
  return map(text("type"), text(type), ...fields);
}

export const NULL = Uint8Array.of(0xf6);
export const TRUE = Uint8Array.of(0xf5);
export const UNDEFINED = Uint8Array.of(0xf7);
