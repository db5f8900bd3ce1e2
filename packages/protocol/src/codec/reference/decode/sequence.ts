// Arrays and tuples, item by item.

import type { ArrayShape, TupleShape } from "../../../schema/shape.ts";
import { reviveUnknown } from "./unknown.ts";
import type { DecodeWalk, Raw } from "./walk.ts";

export function reviveArray(walk: DecodeWalk, shape: ArrayShape, raw: Raw): unknown {
  if (!Array.isArray(raw)) return reviveUnknown(walk, raw);
  return raw.map((item: Raw, index) => {
    walk.path.push(index);
    const value = walk.value(shape.items, item);
    walk.path.pop();
    return value;
  });
}

/** Items beyond those of the tuple are left as they came. */
export function reviveTuple(walk: DecodeWalk, shape: TupleShape, raw: Raw): unknown {
  if (!Array.isArray(raw)) return reviveUnknown(walk, raw);
  return raw.map((item: Raw, index) => {
    const itemShape = shape.items[index];
    walk.path.push(index);
    const value = itemShape === undefined ? reviveUnknown(walk, item) : walk.value(itemShape, item);
    walk.path.pop();
    return value;
  });
}
