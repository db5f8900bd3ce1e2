// Writes the fields of an object by their table, for dense encoders.

import type { ByteWriter } from "../../../byte-writer.ts";
import { HEAD_ROOM, putNumber, writeText } from "../../../cbor/write.ts";
import type { Field } from "../fields.ts";

/** Writes a value at `writer.length`; false where it cannot. */
export type WriteValue = (value: unknown, writer: ByteWriter) => boolean;

/** Levels of nesting around the function that writes. */
interface Levels {
  levels: number;
}

/** The values of `fields` in an object, each read once. */
export function valuesOf(
  object: Readonly<Record<string, unknown>>,
  fields: readonly Field[],
): readonly unknown[] {
  return fields.map(({ name, isInherited }) =>
    isInherited && !Object.hasOwn(object, name) ? undefined : object[name],
  );
}

/** How many of the optional ones of `fields` have a value. */
export function countPresent(values: readonly unknown[], fields: readonly Field[]): number {
  let count = 0;
  for (let index = 0; index < fields.length; index += 1) {
    if ((fields[index] as Field).isOptional && values[index] !== undefined) count += 1;
  }
  return count;
}

/**
 * Writes the keys and values of `fields` at `position`, and leaves `writer.length` behind them; false for a value
 * that is none of its field. `depth` levels are open around the values.
 */
export function writeFields(
  writer: ByteWriter,
  position: number,
  state: Levels,
  values: readonly unknown[],
  fields: readonly Field[],
  functions: readonly WriteValue[],
  depth: number,
): boolean {
  writer.length = position;
  let nextFunction = 0;
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index] as Field;
    const { key, kind } = field;
    const value = values[index];
    if (kind === "function") nextFunction += 1;
    if (value === undefined && field.isOptional) continue;
    writer.reserve(key.length + HEAD_ROOM);
    const { bytes } = writer;
    let at = putKnown(bytes, writer.length, key);
    if (value === null && field.isNullable) {
      bytes[at] = 0xf6;
      writer.length = at + 1;
      continue;
    }
    switch (kind) {
      case "text":
        if (typeof value !== "string" || field.texts?.has(value) === false) return false;
        writer.length = at;
        if (!writeText(writer, value)) return false;
        continue;
      case "boolean":
        if (typeof value !== "boolean") return false;
        bytes[at] = value ? 0xf5 : 0xf4;
        at += 1;
        break;
      case "function": {
        writer.length = at;
        state.levels += depth;
        const write = functions[nextFunction - 1] as WriteValue;
        if (!write(value, writer)) return false;
        state.levels -= depth;
        continue;
      }
      default:
        if (typeof value !== "number" || value - value !== 0) return false;
        if (kind === "integer" && !Number.isInteger(value)) return false;
        at = putNumber(bytes, writer.view, at, value);
    }
    writer.length = at;
  }
  return true;
}

/** Stores the characters of `known` as bytes at `position`, where there is room; returns the position behind them. */
export function putKnown(bytes: Uint8Array, position: number, known: string): number {
  const { length } = known;
  for (let index = 0; index < length; index += 1) {
    bytes[position + index] = known.charCodeAt(index);
  }
  return position + length;
}
