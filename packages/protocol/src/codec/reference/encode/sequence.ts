// Arrays and tuples, item by item.

import { MAJOR } from "../../../cbor/write.ts";
import type { ArrayShape, Shape, TupleShape } from "../../../schema/shape.ts";
import { writeUnknown } from "./unknown.ts";
import type { EncodeWalk } from "./walk.ts";

export function writeArray(walk: EncodeWalk, shape: ArrayShape, value: unknown): void {
  writeItems(walk, value, () => shape.items);
}

export function writeTuple(walk: EncodeWalk, shape: TupleShape, value: unknown): void {
  writeItems(walk, value, (index) => shape.items[index]);
}

function writeItems(
  walk: EncodeWalk,
  value: unknown,
  shapeAt: (index: number) => Shape | undefined,
): void {
  if (!Array.isArray(value)) throw walk.mismatch("list", value);
  // Taken once: a getter among the items may change the array.
  const { length } = value;
  walk.enter(MAJOR.array, length);
  for (let index = 0; index < length; index += 1) {
    const shape = shapeAt(index);
    walk.path.push(index);
    if (shape === undefined) writeUnknown(walk, value[index]);
    else walk.value(shape, value[index]);
    walk.path.pop();
  }
  walk.leave();
}
