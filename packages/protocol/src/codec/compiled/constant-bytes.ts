// The bytes of what the schema already knows: heads, keys, literals. Generated decoders compare them in
// place, generated encoders store them.

import { ByteWriter } from "../../byte-writer.ts";
import {
  FALSE,
  type Major,
  TRUE,
  writeHead,
  writeNumber,
  writeSimple,
  writeText,
} from "../../cbor/write.ts";

/** The bytes of a literal in its shortest form. */
export function bytesOfLiteral(value: string | number | boolean): readonly number[] {
  const writer = new ByteWriter(32);
  if (typeof value === "string") writeText(writer, value);
  else if (typeof value === "number") writeNumber(writer, value);
  else writeSimple(writer, value ? TRUE : FALSE);
  return [...writer.copy()];
}

/** The bytes of a head. */
export function bytesOfHead(major: Major, argument: number): readonly number[] {
  const writer = new ByteWriter(16);
  writeHead(writer, major, argument);
  return [...writer.copy()];
}

/** Four bytes as a signed word, zeros where there are fewer: an unsigned one would be a double for the engine, 6 ns slower to store. */
export function wordAt(bytes: readonly number[], index: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(index, index + 4);
  return (a << 24) | (b << 16) | (c << 8) | d;
}
