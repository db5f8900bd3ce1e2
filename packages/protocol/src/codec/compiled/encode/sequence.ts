// Arrays, tuples and records: what has items rather than named parts.

import { MAJOR } from "../../../cbor/write.ts";
import type { ArrayShape, ObjectShape, TupleShape } from "../../../schema/shape.ts";
import { bytesOfHead } from "../constant-bytes.ts";
import { assertOwnConstraints, conditionsOf } from "../constraints.ts";
import { Uncompiled } from "../source.ts";
import type { EncodeEmitter } from "./emitter.ts";
import { emitInteger } from "./leaf.ts";

/**
 *     const keys2 = Object.keys(x1), n3 = keys2.length;
 *     …the head…
 *     for (let i4 = 0; i4 < n3; i4 += 1) {
 *       const k5 = keys2[i4], x6 = x1[k5];
 *       …the key, and the value…
 *     }
 */
export function emitRecord(emitter: EncodeEmitter, shape: ObjectShape, value: string): void {
  const { source } = emitter;
  const [entries] = shape.entries;
  if (entries === undefined || shape.entries.length > 1 || typeof shape.rest === "object") {
    throw new Uncompiled("a record with several kinds of keys is written by the reference path");
  }
  conditionsOf(shape, "", source);
  const [keys, n, index, key, item] = ["keys", "n", "i", "k", "x"].map((name) =>
    source.fresh(name),
  );
  emitter.failIf(`!isPlainObject(${value})`);
  emitter.items += 1;
  source.line(`const ${keys} = Object.keys(${value}), ${n} = ${keys}.length;`);
  emitter.head(MAJOR.map, n ?? "");
  emitLoop(emitter, `${n}`, `${index}`, () => {
    source.line(`const ${key} = ${keys}[${index}], ${item} = ${value}[${key}];`);
    emitter.failIf(`${item} === undefined`);
    emitter.items += 1;
    if (entries.keys === "integer") {
      const integer = source.fresh("k");
      source.line(`const ${integer} = integerOfKey(${key});`);
      emitter.failIf(`${integer} !== ${integer}`);
      emitInteger(emitter, integer);
    } else {
      const pattern = source.constant(entries.pattern, "pattern");
      emitter.failIf(`${key} === "__proto__" || !${pattern}.test(${key})`);
      emitter.text(`${key}`);
    }
    emitter.write(entries.shape, `${item}`);
  });
}

/**
 *     if (!Array.isArray(x1)) return false;
 *     const n2 = x1.length;
 *     if (!(n2 <= 5)) return false;
 *     …the head…
 *     for (let i3 = 0; i3 < n2; i3 += 1) {
 *       const x4 = x1[i3];
 *       …the item…
 *     }
 */
export function emitArray(emitter: EncodeEmitter, shape: ArrayShape, value: string): void {
  const { source } = emitter;
  const [n, index, item] = ["n", "i", "x"].map((name) => source.fresh(name));
  emitter.failIf(`!Array.isArray(${value})`);
  emitter.items += 1;
  // Asked once: of a Proxy it may be another the next time.
  source.line(`const ${n} = ${value}.length;`);
  const conditions = conditionsOf(shape, `${n}`, source);
  if (conditions.length > 0) emitter.failIf(`!(${conditions.join(" && ")})`);
  emitter.head(MAJOR.array, `${n}`);
  emitLoop(emitter, `${n}`, `${index}`, () => {
    source.line(`const ${item} = ${value}[${index}];`);
    emitter.write(shape.items, `${item}`);
  });
}

/** A loop of `n` rounds, one level deeper; every round makes room for its fixed parts and those behind the loop. */
function emitLoop(emitter: EncodeEmitter, n: string, index: string, round: () => void): void {
  const { source } = emitter;
  const outside = emitter.items;
  emitter.items = 0;
  emitter.nested(() => {
    emitter.block(`for (let ${index} = 0; ${index} < ${n}; ${index} += 1) {`, () => {
      emitter.refill();
      round();
    });
  });
  emitter.refill();
  if (emitter.items > 0) source.line(`s.items += ${n} * ${emitter.items};`);
  emitter.items = outside;
}

export function emitTuple(emitter: EncodeEmitter, shape: TupleShape, value: string): void {
  assertOwnConstraints(shape);
  const { source } = emitter;
  emitter.failIf(`!Array.isArray(${value}) || ${value}.length !== ${shape.items.length}`);
  emitter.items += 1;
  emitter.put(bytesOfHead(MAJOR.array, shape.items.length));
  emitter.nested(() => {
    shape.items.forEach((inner, index) => {
      const item = source.fresh("x");
      source.line(`const ${item} = ${value}[${index}];`);
      emitter.write(inner, item);
    });
  });
}
