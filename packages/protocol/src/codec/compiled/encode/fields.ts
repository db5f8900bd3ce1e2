// Writes objects by their tables, for dense encoders: one function for all objects of all messages.

import type { ByteWriter } from "../../../byte-writer.ts";
import { HEAD_ROOM, MAJOR, putHead, putNumber, writeText } from "../../../cbor/write.ts";
import type { DecodeLimits } from "../../../limits.ts";
import type { Field } from "../fields.ts";
import { isObject } from "../plain-object.ts";

/** Writes a value at `writer.length`; false where it cannot. */
export type WriteValue = (value: unknown, writer: ByteWriter) => boolean;

/** What the code of a direction's messages has in common while it writes one. */
export interface EncodeState {
  /** Data items written so far. */
  items: number;
  /** Levels of nesting around the function that writes. */
  levels: number;
  limits: DecodeLimits;
}

/** How an object is written. */
export interface ObjectTable {
  readonly fields: readonly Field[];
  /** What stands before the fields, as characters: `type` and the name, where the object is the message. */
  readonly leading: string;
  /** How many properties it has at least, and at most, `type` included. */
  readonly least: number;
  readonly most: number;
  /** How many data items it is at most, those apart that functions count. */
  readonly items: number;
  /** Properties that must not be there. */
  readonly absent: readonly string[];
  /** Whether it has no properties but those of the table. */
  readonly isClosed: boolean;
}

/**
 * Writes an object at `writer.length`, each property read once; false where it is none that `table` describes.
 * `functions` write the fields of kind `function`, in their order; `depth` levels are open around the values, from
 * the function on that calls.
 */
export function writeObject(
  value: unknown,
  writer: ByteWriter,
  state: EncodeState,
  table: ObjectTable,
  functions: readonly WriteValue[],
  depth: number,
): boolean {
  if (state.levels + depth > state.limits.maxNesting || !isObject(value)) return false;
  const object = value as Readonly<Record<string, unknown>>;
  const { fields, leading } = table;
  const start = writer.length;
  const headBytes = sizeOfHead(table.most);
  writer.reserve(headBytes + leading.length);
  writer.length = putKnown(writer.bytes, start + headBytes, leading);
  let count = table.least;
  let nextFunction = 0;
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index] as Field;
    const { key, keyWords, kind } = field;
    const item = field.isInherited ? ownValue(object, field.name) : object[field.name];
    if (kind === "function") nextFunction += 1;
    if (field.isOptional) {
      if (item === undefined) continue;
      count += 1;
    }
    writer.reserve(key.length + HEAD_ROOM);
    const { bytes, view } = writer;
    let at = writer.length;
    // The zeros behind the key are written over.
    for (let word = 0; word < keyWords.length; word += 1) {
      view.setInt32(at + word * 4, keyWords[word] as number);
    }
    at += key.length;
    if (item === null && field.isNullable) {
      // A function would have counted it.
      if (kind === "function") state.items += 1;
      bytes[at] = 0xf6;
      writer.length = at + 1;
      continue;
    }
    switch (kind) {
      case "text":
        if (typeof item !== "string" || field.texts?.has(item) === false) return false;
        writer.length = at;
        if (!writeText(writer, item)) return false;
        continue;
      case "boolean":
        if (typeof item !== "boolean") return false;
        bytes[at] = item ? 0xf5 : 0xf4;
        at += 1;
        break;
      case "function": {
        writer.length = at;
        state.levels += depth;
        const write = functions[nextFunction - 1] as WriteValue;
        if (!write(item, writer)) return false;
        state.levels -= depth;
        continue;
      }
      default:
        if (typeof item !== "number" || item - item !== 0) return false;
        if (kind === "integer" && !Number.isInteger(item)) return false;
        at = putNumber(bytes, view, at, item);
    }
    writer.length = at;
  }
  if (!hasNoOthers(object, table, count)) return false;
  putHeadBefore(writer, start, headBytes, count);
  state.items += table.items;
  return state.items <= state.limits.maxItems;
}

/** A property that every object inherits counts only where it is the object's own. */
function ownValue(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function hasNoOthers(
  object: Readonly<Record<string, unknown>>,
  { absent, isClosed }: ObjectTable,
  count: number,
): boolean {
  for (const name of absent) {
    const item = name in Object.prototype ? ownValue(object, name) : object[name];
    if (item !== undefined) return false;
  }
  return !isClosed || Object.keys(object).length === count;
}

/** Puts the head of `count` pairs at `start`, `reserved` bytes before what has been written. */
function putHeadBefore(writer: ByteWriter, start: number, reserved: number, count: number): void {
  const behind = putHead(writer.bytes, writer.view, start, MAJOR.map, count);
  if (behind === start + reserved) return;
  // So many are absent that the head is shorter.
  writer.bytes.copyWithin(behind, start + reserved, writer.length);
  writer.length -= start + reserved - behind;
}

/** The bytes of a head with this argument, which is below 65 536 for the properties of an object. */
function sizeOfHead(argument: number): number {
  if (argument < 24) return 1;
  return argument < 0x100 ? 2 : 3;
}

/** Stores the characters of `known` as bytes at `position`, where there is room; returns the position behind them. */
export function putKnown(bytes: Uint8Array, position: number, known: string): number {
  const { length } = known;
  for (let index = 0; index < length; index += 1) {
    bytes[position + index] = known.charCodeAt(index);
  }
  return position + length;
}
