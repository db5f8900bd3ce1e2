// Leaves: checked, and written as one CBOR item each.

import type { LeafShape, LiteralShape } from "../../../schema/shape.ts";
import { bytesOfLiteral } from "../constant-bytes.ts";
import { assertOwnConstraints, conditionsOf } from "../constraints.ts";
import { literal, Uncompiled } from "../source.ts";
import type { EncodeEmitter } from "./emitter.ts";

/** A literal's bytes are known; the value only has to be it. */
export function emitLiteral(emitter: EncodeEmitter, shape: LiteralShape, value: string): void {
  assertOwnConstraints(shape);
  emitter.items += 1;
  emitter.failIf(`!(${isLiteral(shape, value)})`);
  emitter.put(bytesOfLiteral(shape.value));
}

/** The condition that `value` is the literal; −0 equals 0 and is written differently. */
export function isLiteral(shape: LiteralShape, value: string): string {
  return shape.value === 0 ? `Object.is(${value}, 0)` : `${value} === ${literal(shape.value)}`;
}

/** The condition that `value` is of the leaf's JavaScript type; what it asks beyond is in `conditionsOf`. */
export function isOfKind(kind: LeafShape["kind"], value: string): string {
  switch (kind) {
    case "text":
      return `typeof ${value} === "string"`;
    case "number":
      return `typeof ${value} === "number" && ${value} - ${value} === 0`;
    case "integer":
      return `Number.isInteger(${value})`;
    case "boolean":
      return `typeof ${value} === "boolean"`;
    case "bigint":
      return `typeof ${value} === "bigint"`;
    case "null":
      return `${value} === null`;
    case "date":
      return `${value} instanceof Date && ${value}.getTime() === ${value}.getTime()`;
    case "bytes":
      return `${value} instanceof Uint8Array`;
    case "undefined":
    case "never":
    case "any":
      throw new Uncompiled(`a value of kind ${kind} is written by the reference path`);
  }
}

export function emitLeaf(emitter: EncodeEmitter, shape: LeafShape, value: string): void {
  const { source } = emitter;
  if (shape.kind === "any") {
    emitUnknown(emitter, shape, value);
    return;
  }
  const conditions = [isOfKind(shape.kind, value), ...conditionsOf(shape, value, source)];
  emitter.failIf(`!(${conditions.join(" && ")})`);
  emitChecked(emitter, shape.kind, value);
}

/** Writes a value whose type is known to be right. */
export function emitChecked(emitter: EncodeEmitter, kind: LeafShape["kind"], value: string): void {
  emitter.items += 1;
  switch (kind) {
    case "text":
      emitter.text(value);
      return;
    case "bytes":
      emitter.large(`if (!writeBytes(w, ${value})) ${emitter.fail}`);
      return;
    case "integer":
      emitInteger(emitter, value);
      return;
    case "number":
      emitNumber(emitter, value);
      return;
    case "date":
      emitter.small(`putNumber(b, v, p, ${value}.getTime())`);
      return;
    case "bigint":
      emitter.failIf(`!fits64Bits(${value})`);
      emitter.small(`putBigInt(b, v, p, ${value})`);
      return;
    case "boolean":
      emitter.settle();
      emitter.fixedBytes += 1;
      emitter.source.line(`b[p] = ${value} ? 0xf5 : 0xf4; p += 1;`);
      return;
    case "null":
      emitter.put([0xf6]);
      return;
    case "undefined":
    case "never":
    case "any":
      throw new Uncompiled(`a value of kind ${kind} is written by the reference path`);
  }
}

/** `p = putNumber(b, v, p, x1);` */
export function emitInteger(emitter: EncodeEmitter, value: string): void {
  emitter.small(`putNumber(b, v, p, ${value})`);
}

/**
 * What is no integer and loses something in single precision is a double:
 *
 *     if (Math.fround(x1) !== x1 && Math.floor(x1) !== x1) { b[p] = 0xfb; v.setFloat64(p + 1, x1); p += 9; }
 *     else p = putNumber(b, v, p, x1);
 */
function emitNumber(emitter: EncodeEmitter, value: string): void {
  emitter.settle();
  const isDouble = `Math.fround(${value}) !== ${value} && Math.floor(${value}) !== ${value}`;
  emitter.source.line(`if (${isDouble}) { b[p] = 0xfb; v.setFloat64(p + 1, ${value}); p += 9; }`);
  emitter.source.block("else {", () => emitInteger(emitter, value));
}

function emitUnknown(emitter: EncodeEmitter, shape: LeafShape, value: string): void {
  conditionsOf(shape, value, emitter.source);
  emitter.large(
    `s.items = writeUnknown(${value}, w, s.limits, s.levels + ${emitter.depth}, s.items);`,
  );
}
