// Arrays and tuples, item by item.

import { MAJOR } from "../../../cbor/write.ts";
import { faultByItself } from "../../../schema/fault.ts";
import type { ArrayShape, Shape, TupleShape } from "../../../schema/shape.ts";
import { writeUnknown } from "./unknown.ts";
import type { EncodeWalk } from "./walk.ts";

export function writeArray(walk: EncodeWalk, shape: ArrayShape, value: unknown): void {
  writeItems(walk, shape, value, () => shape.items);
}

export function writeTuple(walk: EncodeWalk, shape: TupleShape, value: unknown): void {
  writeItems(walk, shape, value, (index) => shape.items[index]);
}

function writeItems(
  walk: EncodeWalk,
  shape: ArrayShape | TupleShape,
  value: unknown,
  shapeAt: (index: number) => Shape | undefined,
): void {
  if (!Array.isArray(value)) throw walk.mismatch("list", value);
  // Taken once: a getter among the items may change the array.
  const { length } = value;
  const items: unknown[] = [];
  walk.enter(MAJOR.array, length);
  for (let index = 0; index < length; index += 1) {
    const item: unknown = value[index];
    const part = shapeAt(index);
    items.push(item);
    walk.path.push(index);
    if (part === undefined) writeUnknown(walk, item);
    else walk.value(part, item);
    walk.path.pop();
  }
  walk.leave();
  walk.judge(faultByItself(shape, items, ""));
}
