// Reads the fields of an object by their table, for dense decoders.

import { readText } from "../../../cbor/remembered-text.ts";
import type { Field } from "../fields.ts";
import { HEAD_BYTES, MISS, newArray, readInteger, readLength, readNumber } from "./read.ts";
import type { ReadState } from "./unknown.ts";

/** Where a read of fields stands. */
export interface FieldsState extends ReadState {
  /** How many of the optional properties of the object are still to come. */
  optional: number;
}

/** Reads a value at `state.position`, and leaves that behind it; `MISS` where there is none. */
export type ReadValue = (bytes: Uint8Array, end: number) => unknown;

const TEXT = 3;
const NULL = 0xf6;

/**
 * The values of `fields`, whose keys and values follow each other from `position` on, `MISS` for those that are
 * absent; undefined where something else stands there. `state.position` is left behind the last. `depth` levels
 * are open around the values.
 */
export function readFields(
  bytes: Uint8Array,
  position: number,
  end: number,
  state: FieldsState,
  fields: readonly Field[],
  functions: readonly ReadValue[],
  depth: number,
): readonly unknown[] | undefined {
  const count = fields.length;
  const values = newArray(count);
  let left = state.optional;
  let at = position;
  let nextFunction = 0;
  for (let index = 0; index < count; index += 1) {
    const field = fields[index] as Field;
    const { key, kind } = field;
    const behindKey = at + key.length;
    const isThere = behindKey < end && (left > 0 || !field.isOptional) && isAt(bytes, at, key);
    if (kind === "function") nextFunction += 1;
    if (!isThere) {
      if (!field.isOptional) return undefined;
      values[index] = MISS;
      continue;
    }
    if (field.isOptional) left -= 1;
    at = behindKey;
    const initial = bytes[at] as number;
    if (initial === NULL && field.isNullable) {
      // A function would have counted it.
      if (kind === "function") state.items -= 1;
      values[index] = null;
      at += 1;
      continue;
    }
    switch (kind) {
      case "text": {
        const length = readLength(bytes, at, end, TEXT);
        const start = at + (HEAD_BYTES[initial] as number);
        if (length === -1 || length > end - start) return undefined;
        at = start + length;
        const text = readText(bytes, start, at);
        if (text === undefined || field.texts?.has(text) === false) return undefined;
        values[index] = text;
        break;
      }
      case "boolean":
        if ((initial & 0xfe) !== 0xf4) return undefined;
        values[index] = initial === 0xf5;
        at += 1;
        break;
      case "function": {
        state.position = at;
        state.levels -= depth;
        const read = functions[nextFunction - 1] as ReadValue;
        const value = read(bytes, end);
        if (value === MISS) return undefined;
        values[index] = value;
        state.levels += depth;
        at = state.position;
        break;
      }
      default: {
        const value = kind === "integer" ? readInteger(bytes, at, end) : readNumber(bytes, at, end);
        if (value !== value) return undefined;
        values[index] = value;
        at += HEAD_BYTES[initial] as number;
      }
    }
  }
  state.position = at;
  state.optional = left;
  return values;
}

/** Whether the bytes at `position`, which are there, are the characters of `expected`. */
export function isAt(bytes: Uint8Array, position: number, expected: string): boolean {
  const { length } = expected;
  for (let index = 0; index < length; index += 1) {
    if (bytes[position + index] !== expected.charCodeAt(index)) return false;
  }
  return true;
}
