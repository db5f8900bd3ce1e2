// Reads a value that the schema does not describe, for generated decoders: plain JavaScript data, by the
// same profile and with the same meaning as the reference path, or nothing at all.

import { readText } from "../../../cbor/remembered-text.ts";
import {
  HEAD_BYTES,
  MISS,
  readArgument,
  readBigInt,
  readBytes,
  readFloat,
  readInteger,
} from "./read.ts";

/** Where a read stands, and what it may still cost; shared by generated code and what it calls. */
export interface ReadState {
  /** Where the last read ended. */
  position: number;
  /** Data items that may still come. */
  items: number;
  /** Levels of nesting that may still open. */
  levels: number;
}

/**
 * The value at `state.position`, which is left behind it; `MISS` where the bytes need the reference
 * path. `state.items` and `state.levels` are those around the value.
 */
export function readUnknown(bytes: Uint8Array, end: number, state: ReadState): unknown {
  const position = state.position;
  if (position >= end || state.items <= 0) return MISS;
  state.items -= 1;
  const initial = bytes[position] as number;
  const size = HEAD_BYTES[initial] as number;
  if (size === 0 || position + size > end) return MISS;
  state.position = position + size;
  switch (initial >> 5) {
    case 0:
    case 1:
      return readNumberOrBigInt(bytes, position, end);
    case 7:
      return readSimple(bytes, position, initial);
    case 6:
      return MISS;
    default:
  }
  const argument = readArgument(bytes, position, end);
  if (argument === -1 || argument > end - state.position) return MISS;
  switch (initial >> 5) {
    case 2:
      state.position += argument;
      return readBytes(bytes, position + size, argument);
    case 3:
      state.position += argument;
      return readText(bytes, position + size, state.position) ?? MISS;
    case 4:
      return readArray(bytes, end, state, argument);
    default:
      return readMap(bytes, end, state, argument);
  }
}

function readNumberOrBigInt(bytes: Uint8Array, position: number, end: number): unknown {
  const number = readInteger(bytes, position, end);
  return Number.isNaN(number) ? (readBigInt(bytes, position, end) ?? MISS) : number;
}

function readSimple(bytes: Uint8Array, position: number, initial: number): unknown {
  switch (initial) {
    case 0xf4:
      return false;
    case 0xf5:
      return true;
    case 0xf6:
      return null;
    case 0xf9:
    case 0xfa:
    case 0xfb:
      return readFloat(bytes, position);
    default:
      return MISS;
  }
}

function readArray(bytes: Uint8Array, end: number, state: ReadState, count: number): unknown {
  if (state.levels <= 0) return MISS;
  state.levels -= 1;
  const array: unknown[] = [];
  for (let index = 0; index < count; index += 1) {
    const value = readUnknown(bytes, end, state);
    if (value === MISS) return MISS;
    array.push(value);
  }
  state.levels += 1;
  return array;
}

function readMap(bytes: Uint8Array, end: number, state: ReadState, count: number): unknown {
  if (state.levels <= 0) return MISS;
  state.levels -= 1;
  const object: Record<string, unknown> = {};
  for (let index = 0; index < count; index += 1) {
    const key = readUnknown(bytes, end, state);
    if (typeof key !== "string" || key === "__proto__" || Object.hasOwn(object, key)) return MISS;
    const value = readUnknown(bytes, end, state);
    if (value === MISS) return MISS;
    object[key] = value;
  }
  state.levels += 1;
  return object;
}
