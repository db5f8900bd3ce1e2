// Objects of named properties, in the order of the schema.

import { MAJOR } from "../../../cbor/write.ts";
import { type ObjectShape, resolveShape } from "../../../schema/shape.ts";
import { bytesOfHead, bytesOfLiteral } from "../constant-bytes.ts";
import { conditionsOf } from "../constraints.ts";
import { fieldTable } from "../fields.ts";
import { literal, Uncompiled } from "../source.ts";
import type { EncodeEmitter } from "./emitter.ts";
import { emitRecord } from "./sequence.ts";

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
  if (source.isDense) {
    emitTable(emitter, shape, value, leading);
    return;
  }
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
 *     const r2 = valuesOf(x1, fields3), n4 = 2 + countPresent(r2, fields3);
 *     …the head…
 *     if (!writeFields(w, p, s, r2, fields3, [value5], 1)) return false;
 *     …room for the rest…
 */
function emitTable(
  emitter: EncodeEmitter,
  shape: ObjectShape,
  value: string,
  leading: readonly number[],
): void {
  const { source } = emitter;
  const { fields, functions } = fieldTable(shape.properties, emitter.functions, source);
  const [values, count] = [source.fresh("r"), source.fresh("n")];
  const table = source.constant(fields, "fields");
  const required =
    fields.filter((field) => !field.isOptional).length + (leading.length === 0 ? 0 : 1);
  source.line(
    `const ${values} = valuesOf(${value}, ${table}), ${count} = ${required} + countPresent(${values}, ${table});`,
  );
  for (const { name } of shape.properties) {
    const isAbsent = fields.every((field) => field.name !== name);
    if (isAbsent) emitter.failIf(`${readField(value, name)} !== undefined`);
  }
  if (shape.rest === "refuse") emitClosed(emitter, value, count);
  emitter.head(MAJOR.map, count);
  emitter.put(leading);
  emitter.items += 2 * fields.length - functions.length;
  const call = `writeFields(w, p, s, ${values}, ${table}, [${functions.join(", ")}], ${emitter.depth})`;
  emitter.settle();
  emitter.failIf(`!${call}`);
  emitter.reload();
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
