// Objects of named properties, in the order of the schema.

import { MAJOR } from "../../../cbor/write.ts";
import { type ObjectShape, type ResolvedShape, resolveShape } from "../../../schema/shape.ts";
import { bytesOfHead, bytesOfLiteral } from "../constant-bytes.ts";
import { conditionsOf } from "../constraints.ts";
import { fieldTable } from "../fields.ts";
import { literal, Uncompiled } from "../source.ts";
import type { EncodeEmitter } from "./emitter.ts";
import type { ObjectTable } from "./fields.ts";
import { emitRecord } from "./sequence.ts";

export function emitObject(emitter: EncodeEmitter, shape: ObjectShape, value: string): void {
  if (isRecord(shape)) {
    emitRecord(emitter, shape, value);
    return;
  }
  emitProperties(emitter, shape, value, []);
}

/** The object that is the message called `name`. */
export function emitMessageObject(
  emitter: EncodeEmitter,
  shape: ObjectShape,
  value: string,
  name: string,
): void {
  emitProperties(emitter, shape, value, typeOf(name));
}

function isRecord(shape: ObjectShape): boolean {
  return shape.entries.length > 0 && shape.properties.length === 0;
}

function typeOf(name: string): readonly number[] {
  return [...bytesOfLiteral("type"), ...bytesOfLiteral(name)];
}

function emitProperties(
  emitter: EncodeEmitter,
  shape: ObjectShape,
  value: string,
  leading: readonly number[],
): void {
  assertPlain(emitter, shape);
  if (emitter.source.isDense) {
    emitTable(emitter, shape, value, leading);
    return;
  }
  emitter.failIf(`!isObject(${value})`);
  emitter.items += leading.length === 0 ? 1 : 3;
  emitter.nested(() => emitFields(emitter, shape, value, leading));
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
  const fields = shape.properties.map((property) => ({ ...property, field: source.fresh("x") }));
  for (const { name, field } of fields) source.line(`const ${field} = ${readField(value, name)};`);
  const before = leading.length === 0 ? 0 : 1;
  const required = fields.filter((field) => !field.optional).length + before;
  const optional = fields.filter((field) => field.optional);
  const never = optional.filter((field) => resolveShape(field.shape)?.kind === "never");
  for (const { field } of never) emitter.failIf(`${field} !== undefined`);
  if (shape.rest === "refuse") {
    const present = optional.map(({ field }) => `(${field} !== undefined ? 1 : 0)`);
    emitClosed(emitter, value, [required, ...present].join(" + "));
  }
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

/**
 *     w.length = p;
 *     if (!writeObject(x1, w, s, table2, [value3], 1)) return false;
 *     …room for the rest…
 */
function emitTable(
  emitter: EncodeEmitter,
  shape: ObjectShape,
  value: string,
  leading: readonly number[],
): void {
  emitter.nested(() => {
    emitter.large(`if (!${tableCall(emitter, shape, value, leading)}) ${emitter.fail}`);
  });
}

/** The call that writes an object by its table, as the whole of a function; undefined where a function has more to do. */
export function wholeTableCall(
  emitter: EncodeEmitter,
  shape: ResolvedShape,
  value: string,
  messageName: string | undefined,
): string | undefined {
  if (!emitter.source.isDense || shape.kind !== "object" || isRecord(shape)) return undefined;
  assertPlain(emitter, shape);
  let call: string | undefined;
  emitter.nested(() => {
    const leading = messageName === undefined ? [] : typeOf(messageName);
    call = tableCall(emitter, shape, value, leading);
  });
  return call;
}

function tableCall(
  emitter: EncodeEmitter,
  shape: ObjectShape,
  value: string,
  leading: readonly number[],
): string {
  const { source } = emitter;
  const { fields, functions } = fieldTable(shape.properties, emitter.functions, source);
  const before = leading.length === 0 ? 0 : 1;
  const table: ObjectTable = {
    fields,
    leading: String.fromCharCode(...leading),
    least: fields.filter((field) => !field.isOptional).length + before,
    most: fields.length + before,
    items: 1 + 2 * before + 2 * fields.length - functions.length,
    absent: shape.properties
      .map(({ name }) => name)
      .filter((name) => fields.every((field) => field.name !== name)),
    isClosed: shape.rest === "refuse",
  };
  const known = source.constant(table, "table");
  return `writeObject(${value}, w, s, ${known}, [${functions.join(", ")}], ${emitter.depth})`;
}

/** A property that every object inherits counts only where it is the object's own. */
function readField(value: string, name: string): string {
  const read = `${value}[${literal(name)}]`;
  if (!(name in Object.prototype)) return read;
  return `Object.hasOwn(${value}, ${literal(name)}) ? ${read} : undefined`;
}

/** Where further properties are refused, the own keys must be as many as are written. */
function emitClosed(emitter: EncodeEmitter, value: string, expected: string): void {
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
