// Writes values by their shape, and judges what it writes: what the wire says of a Date, which keys are integers,
// which properties are absent. Each property and item is read once, since a getter may answer differently the
// second time. Callers own the writer and put it back when this throws.

import type { ByteWriter } from "../../../byte-writer.ts";
import type { DecodeLimits } from "../../../limits.ts";
import { faultByItself } from "../../../schema/fault.ts";
import { resolveShape, type Shape } from "../../../schema/shape.ts";
import type { Unions } from "../../../schema/union.ts";
import { writeBigInt, writeDate, writeUndefined } from "./leaf.ts";
import { writeObject } from "./object.ts";
import { writeArray, writeTuple } from "./sequence.ts";
import { writeUnion } from "./union.ts";
import { writeUnknown } from "./unknown.ts";
import { EncodeWalk } from "./walk.ts";

/** Writes values, one after the other. */
export class ShapeWriter {
  readonly #walk: EncodeWalk;

  constructor(unions: Unions) {
    this.#walk = new EncodeWalk(unions, writeValue);
  }

  /**
   * Appends the message called `type`, whose other properties are `body`, to `writer`.
   *
   * @throws TypewireError `schema-mismatch` where the value is not of the shape or has no wire form;
   * `cbor-limit` where a reader with `limits` would refuse its nesting or its number of items.
   */
  write(type: string, shape: Shape, body: unknown, writer: ByteWriter, limits: DecodeLimits): void {
    this.#walk.reset(writer, limits);
    this.#walk.type = type;
    writeValue(this.#walk, shape, body);
  }

  /**
   * Appends a value that no schema describes, for a generated encoder that stands `levels` deep and
   * has written `items` data items. Returns how many there are then.
   *
   * @throws TypewireError as `write`.
   */
  writeUnknown(
    value: unknown,
    writer: ByteWriter,
    limits: DecodeLimits,
    levels: number,
    items: number,
  ): number {
    this.#walk.reset(writer, limits, levels, items);
    writeUnknown(this.#walk, value);
    return this.#walk.items;
  }
}

function writeValue(walk: EncodeWalk, shape: Shape, value: unknown): void {
  const resolved = resolveShape(shape);
  if (resolved === undefined) {
    writeUnknown(walk, value);
    return;
  }
  switch (resolved.kind) {
    case "object":
      writeObject(walk, resolved, value);
      return;
    case "array":
      writeArray(walk, resolved, value);
      return;
    case "tuple":
      writeTuple(walk, resolved, value);
      return;
    case "union":
      writeUnion(walk, resolved, value);
      return;
    case "date":
      writeDate(walk, resolved, value);
      return;
    case "bigint":
      walk.judge(faultByItself(resolved, value, ""));
      writeBigInt(walk, value);
      return;
    case "undefined":
      writeUndefined(walk, value);
      return;
    case "never":
      throw walk.mismatch("nothing", value);
    default:
      walk.judge(faultByItself(resolved, value, ""));
      writeUnknown(walk, value);
  }
}
