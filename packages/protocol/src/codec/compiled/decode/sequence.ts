// Arrays, tuples and records: what has items rather than named parts.

import { MAJOR } from "../../../cbor/write.ts";
import type { ArrayShape, Entries, ObjectShape, TupleShape } from "../../../schema/shape.ts";
import { bytesOfHead } from "../constant-bytes.ts";
import { assertOwnConstraints, conditionsOf } from "../constraints.ts";
import { Uncompiled } from "../source.ts";
import type { DecodeEmitter } from "./emitter.ts";

const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
/** The pattern of keys that any text matches. */
const ANY_KEY = "^[\\s\\S]*$";

/**
 *     …the length, as n1…
 *     const t2 = newArray(n1);
 *     for (let i4 = 0; i4 < n1; i4 += 1) {
 *       …an item, as t3…
 *       t2[i4] = t3;
 *     }
 *     if ((s.items -= n1 * 1) < 0) return MISS;
 */
export function emitArray(emitter: DecodeEmitter, shape: ArrayShape): string {
  const { source } = emitter;
  emitter.items += 1;
  const n = emitter.length(ARRAY);
  const conditions = conditionsOf(shape, n, source);
  if (conditions.length > 0) source.line(`if (!(${conditions.join(" && ")})) ${emitter.fail}`);
  const value = source.fresh("t");
  source.line(`const ${value} = newArray(${n});`);
  emitLoop(emitter, n, (index) => {
    const item = emitter.value(shape.items);
    emitter.settle();
    source.line(`${value}[${index}] = ${item};`);
  });
  return value;
}

export function emitTuple(emitter: DecodeEmitter, shape: TupleShape): string {
  assertOwnConstraints(shape);
  emitter.items += 1;
  emitter.expect(bytesOfHead(MAJOR.array, shape.items.length));
  const items = emitter.nested(() => shape.items.map((item) => emitter.value(item)));
  return `[${items.join(", ")}]`;
}

/**
 *     …the length, as n1…
 *     const t2 = {};
 *     for (let i = 0; i < n1; i += 1) {
 *       …a key that is not in t2 yet, as k3…
 *       …a value, as t4…
 *       t2[k3] = t4;
 *     }
 *     if ((s.items -= n1 * 2) < 0) return MISS;
 */
export function emitRecord(emitter: DecodeEmitter, shape: ObjectShape): string {
  const { source } = emitter;
  const [entries] = shape.entries;
  if (entries === undefined || shape.entries.length > 1) {
    throw new Uncompiled("a record with several kinds of keys is read by the reference path");
  }
  conditionsOf(shape, "", source);
  emitter.items += 1;
  const n = emitter.length(MAP, 2);
  const value = source.fresh("t");
  const last = source.fresh("last");
  source.line(`const ${value} = {};`);
  if (entries.keys === "integer") source.line(`let ${last} = -1;`);
  emitLoop(emitter, n, () => {
    emitter.items += 1;
    const key =
      entries.keys === "integer"
        ? emitIntegerKey(emitter, last)
        : emitTextKey(emitter, value, entries);
    const item = emitter.value(entries.shape);
    emitter.settle();
    source.line(`${value}[${key}] = ${item};`);
  });
  return value;
}

/**
 * Integer keys ascend in what we write, since JavaScript keeps them so; keys that ascend are all different.
 *
 *     const k1 = readInteger(b, p, e);
 *     if (!(k1 > last2)) return MISS;
 *     last2 = k1;
 *     p += HEAD_BYTES[b[p]];
 */
function emitIntegerKey(emitter: DecodeEmitter, last: string): string {
  const { source } = emitter;
  const key = source.fresh("k");
  emitter.head();
  source.line(`const ${key} = readInteger(b, p, e);`);
  source.line(`if (!(${key} > ${last})) ${emitter.fail}`);
  source.line(`${last} = ${key};`);
  source.line("p += HEAD_BYTES[b[p]];");
  emitter.moved();
  return key;
}

/**
 *     …the length, as n1…
 *     const k2 = readText(b, p, p + n1);
 *     if (k2 === undefined || k2 === "__proto__" || Object.hasOwn(t3, k2)) return MISS;
 *     p += n1;
 */
function emitTextKey(emitter: DecodeEmitter, record: string, entries: Entries): string {
  const { source } = emitter;
  const n = emitter.length(TEXT);
  const key = source.fresh("k");
  const taken = `Object.hasOwn(${record}, ${key})`;
  source.line(`const ${key} = readText(b, p, p + ${n});`);
  source.line(`if (${key} === undefined || ${key} === "__proto__" || ${taken}) ${emitter.fail}`);
  if (entries.pattern.source !== ANY_KEY) {
    const pattern = source.constant(entries.pattern, "pattern");
    source.line(`if (!${pattern}.test(${key})) ${emitter.fail}`);
  }
  source.line(`p += ${n};`);
  return key;
}

/** A loop of `n` rounds, one level deeper; takes the items of a round off the budget for each of them. */
function emitLoop(emitter: DecodeEmitter, n: string, round: (index: string) => void): void {
  const { source } = emitter;
  const index = source.fresh("i");
  const outside = emitter.items;
  const wasInLoop = emitter.inLoop;
  emitter.items = 0;
  emitter.inLoop = true;
  emitter.nested(() => {
    emitter.block(`for (let ${index} = 0; ${index} < ${n}; ${index} += 1) {`, () => round(index));
  });
  if (emitter.items > 0) {
    source.line(`if ((s.items -= ${n} * ${emitter.items}) < 0) ${emitter.fail}`);
  }
  emitter.items = outside;
  emitter.inLoop = wasInLoop;
}
