// The walk between cbor-x and the check: turns decoded CBOR, whose maps are still Maps, into the values
// that the schema describes. Dates and big integers are revived, byte strings copied out of the frame,
// undescribed properties dropped. What does not fit is left as it came, for the check to name; the walk
// keeps the first misfit, because a check by TypeBox passes maps whose keys no schema describes.

import type { TypewireError } from "../../../errors.ts";
import { resolveShape, type Shape } from "../../../schema/shape.ts";
import type { Unions } from "../../../schema/union.ts";
import { reviveBigInt, reviveDate } from "./leaf.ts";
import { reviveObject } from "./object.ts";
import { reviveArray, reviveTuple } from "./sequence.ts";
import { reviveUnion } from "./union.ts";
import { reviveUnknown } from "./unknown.ts";
import { DecodeWalk, type Raw } from "./walk.ts";

/** A value of its message, and what in it did not fit the message's shape. */
export interface Revived {
  readonly value: unknown;
  /** The first misfit; a value that has one must not be delivered, whatever a check says of it. */
  readonly misfit: TypewireError | undefined;
}

/** Revives messages, one after the other. */
export class Reviver {
  readonly #walk: DecodeWalk;

  constructor(unions: Unions) {
    this.#walk = new DecodeWalk(unions, reviveValue);
  }

  /**
   * What `raw` means under `shape`.
   *
   * @throws TypewireError `schema-mismatch` for what a check of the value could not see: keys of the
   * wrong kind, and integers that no JavaScript number or 64-bit BigInt holds.
   */
  revive(shape: Shape, raw: Raw): Revived {
    this.#walk.reset();
    const value = reviveValue(this.#walk, shape, raw);
    return { value, misfit: this.#walk.misfitError() };
  }
}

function reviveValue(walk: DecodeWalk, shape: Shape, raw: Raw): unknown {
  const resolved = resolveShape(shape);
  switch (resolved?.kind) {
    case "object":
      return reviveObject(walk, resolved, raw);
    case "union":
      return reviveUnion(walk, resolved, raw);
    case "array":
      return reviveArray(walk, resolved, raw);
    case "tuple":
      return reviveTuple(walk, resolved, raw);
    case "date":
      return reviveDate(walk, raw);
    case "bigint":
      return reviveBigInt(walk, raw);
    case "undefined":
      return raw === undefined ? undefined : reviveUnknown(walk, raw);
    default:
      return reviveUnknown(walk, raw);
  }
}
