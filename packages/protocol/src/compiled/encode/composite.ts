// Objects, records, arrays and tuples: what has parts.

import { MAJOR } from "../../cbor/write.ts";
import {
  type ArrayShape,
  type ObjectShape,
  resolveShape,
  type TupleShape,
} from "../../schema/shape.ts";
import { bytesOfHead, bytesOfLiteral } from "../constant-bytes.ts";
import { conditionsOf } from "../constraints.ts";
import { literal } from "../source.ts";
import { Uncompiled } from "../uncompiled.ts";
import type { EncodeEmitter } from "./emitter.ts";
import { emitInteger } from "./leaf.ts";

export function emitObject(emitter: EncodeEmitter, shape: ObjectShape, value: string): void {
  if (shape.entries.length > 0 && shape.properties.length === 0) {
    emitRecord(emitter, shape, value);
    return;
  }
  emitter.failIf(`!isObject(${value})`);
  emitter.items += 1;
  emitter.nested(() => emitFields(emitter, shape, value, []));
}

/** The object that is the message called `name`. */
export function emitMessageObject(
  emitter: EncodeEmitter,
  shape: ObjectShape,
  value: string,
  name: string,
): void {
  emitter.failIf(`!isObject(${value})`);
  emitter.items += 3;
  const type = [...bytesOfLiteral("type"), ...bytesOfLiteral(name)];
  emitter.nested(() => emitFields(emitter, shape, value, type));
}

/**
 *     const x2 = x1["id"], x3 = x1["note"];
 *     let n4 = 2;
 *     if (x3 !== undefined) n4 += 1;
 *     …the head, then each key and value; an optional one behind `if (x3 !== undefined)`…
 */
function emitFields(
  emitter: EncodeEmitter,
  shape: ObjectShape,
  value: string,
  leading: readonly number[],
): void {
  const { source } = emitter;
  assertPlain(emitter, shape);
  const fields = shape.properties.map((property) => ({ ...property, field: source.fresh("x") }));
  for (const { name, field } of fields) source.line(`const ${field} = ${readField(value, name)};`);
  const before = leading.length === 0 ? 0 : 1;
  const required = fields.filter((field) => !field.optional).length + before;
  const optional = fields.filter((field) => field.optional);
  const never = optional.filter((field) => resolveShape(field.shape)?.kind === "never");
  for (const { field } of never) emitter.failIf(`${field} !== undefined`);
  if (shape.rest === "refuse") emitClosed(emitter, value, required, optional);
  if (optional.length === 0) emitter.put(bytesOfHead(MAJOR.map, required));
  else {
    const count = source.fresh("n");
    source.line(`let ${count} = ${required};`);
    for (const { field } of optional) source.line(`if (${field} !== undefined) ${count} += 1;`);
    emitter.head(MAJOR.map, count);
  }
  emitter.put(leading);
  for (const { name, shape: inner, field, optional: isOptional } of fields) {
    if (isOptional && resolveShape(inner)?.kind === "never") continue;
    emitter.items += 1;
    const emit = (): void => {
      emitter.put(bytesOfLiteral(name));
      emitter.write(inner, field);
    };
    if (isOptional) emitter.block(`if (${field} !== undefined) {`, emit);
    else emit();
  }
}

/** A property that every object inherits counts only where it is the object's own. */
function readField(value: string, name: string): string {
  const read = `${value}[${literal(name)}]`;
  if (!(name in Object.prototype)) return read;
  return `Object.hasOwn(${value}, ${literal(name)}) ? ${read} : undefined`;
}

/** Where further properties are refused, the own keys must be as many as are written. */
function emitClosed(
  emitter: EncodeEmitter,
  value: string,
  required: number,
  optional: readonly { readonly field: string }[],
): void {
  const present = optional.map(({ field }) => `(${field} !== undefined ? 1 : 0)`);
  const expected = [required, ...present].join(" + ");
  emitter.failIf(`Object.keys(${value}).length !== ${expected}`);
}

function assertPlain(emitter: EncodeEmitter, shape: ObjectShape): void {
  if (shape.entries.length > 0 || typeof shape.rest === "object") {
    throw new Uncompiled(
      "an object with named and unnamed properties is written by the reference path",
    );
  }
  conditionsOf(shape, "", emitter.source);
}

/**
 *     const keys2 = Object.keys(x1), n3 = keys2.length;
 *     …the head…
 *     for (let i4 = 0; i4 < n3; i4 += 1) {
 *       const k5 = keys2[i4], x6 = x1[k5];
 *       …the key, and the value…
 *     }
 */
function emitRecord(emitter: EncodeEmitter, shape: ObjectShape, value: string): void {
  const { source } = emitter;
  const [entries] = shape.entries;
  if (entries === undefined || shape.entries.length > 1 || shape.rest !== "drop") {
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
 *     const n2 = x1.length;
 *     …the head…
 *     for (let i3 = 0; i3 < n2; i3 += 1) {
 *       const x4 = x1[i3];
 *       …the item…
 *     }
 */
export function emitArray(emitter: EncodeEmitter, shape: ArrayShape, value: string): void {
  const { source } = emitter;
  const [n, index, item] = ["n", "i", "x"].map((name) => source.fresh(name));
  const conditions = [`Array.isArray(${value})`, ...conditionsOf(shape, value, source)];
  emitter.failIf(`!(${conditions.join(" && ")})`);
  emitter.items += 1;
  source.line(`const ${n} = ${value}.length;`);
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
