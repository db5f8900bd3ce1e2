// Objects of named properties, in the order of the schema.

import { MAJOR } from "../../../cbor/write.ts";
import { type ObjectShape, resolveShape } from "../../../schema/shape.ts";
import { bytesOfHead, bytesOfLiteral } from "../constant-bytes.ts";
import { conditionsOf } from "../constraints.ts";
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
