// Leaves: one CBOR item each, read and checked in place.

import { type LeafShape, type LiteralShape, MAX_DATE_MS } from "../../../schema/shape.ts";
import { bytesOfLiteral } from "../constant-bytes.ts";
import { assertOwnConstraints, conditionsOf, maximumOf } from "../constraints.ts";
import { literal, Uncompiled } from "../source.ts";
import type { DecodeEmitter } from "./emitter.ts";

const TEXT = 3;
const BYTES = 2;

/** A literal is compared, never built: its value stands in the code. */
export function emitLiteral(emitter: DecodeEmitter, shape: LiteralShape): string {
  assertOwnConstraints(shape);
  emitter.items += 1;
  emitter.expect(bytesOfLiteral(shape.value));
  return literal(shape.value);
}

export function emitLeaf(emitter: DecodeEmitter, shape: LeafShape): string {
  if (shape.kind === "any") return emitUnknown(emitter, shape);
  emitter.items += 1;
  const value = readLeaf(emitter, shape);
  const conditions = conditionsOf(shape, value, emitter.source);
  if (conditions.length > 0) {
    emitter.source.line(`if (!(${conditions.join(" && ")})) ${emitter.fail}`);
  }
  return value;
}

function readLeaf(emitter: DecodeEmitter, shape: LeafShape): string {
  switch (shape.kind) {
    case "text":
      return readText(emitter);
    case "bytes":
      return readBytes(emitter);
    case "integer":
      return readInteger(emitter, maximumOf(shape));
    case "number":
      return readNumber(emitter);
    case "date":
      return readDate(emitter);
    case "bigint":
      return readBigInt(emitter);
    case "boolean":
      return readBoolean(emitter);
    case "null":
      emitter.expect([0xf6]);
      return "null";
    case "undefined":
      emitter.expect([0xf7]);
      return "undefined";
    case "never":
      throw new Uncompiled("Type.Never has no values");
    case "any":
      throw new Uncompiled("an unknown value is read by its own function");
  }
}

/**
 *     …the length, as n1…
 *     const t2 = readText(b, p, p + n1);
 *     if (t2 === undefined) return MISS;
 *     p += n1;
 */
function readText(emitter: DecodeEmitter): string {
  const { source } = emitter;
  const n = emitter.length(TEXT);
  const value = source.fresh("t");
  source.line(`const ${value} = readText(b, p, p + ${n});`);
  source.line(`if (${value} === undefined) ${emitter.fail}`);
  source.line(`p += ${n};`);
  return value;
}

function readBytes(emitter: DecodeEmitter): string {
  const { source } = emitter;
  const n = emitter.length(BYTES);
  const value = source.fresh("t");
  source.line(`const ${value} = readBytes(b, p, ${n});`);
  source.line(`p += ${n};`);
  return value;
}

/**
 * Most integers are small; the widths of four and eight bytes are read in place where the bounds allow them.
 *
 *     let t1 = b[p];
 *     if (t1 < 24) p += 1;
 *     else if (t1 === 0x1a && p + 5 <= e) { t1 = readUint32(b, p + 1); p += 5; }
 *     else {
 *       t1 = readInteger(b, p, e);
 *       if (t1 !== t1) return MISS;
 *       p += HEAD_BYTES[b[p]];
 *     }
 */
function readInteger(emitter: DecodeEmitter, maximum: number): string {
  const { source } = emitter;
  const value = source.fresh("t");
  emitter.head();
  source.line(`let ${value} = b[p];`);
  source.line(`if (${value} < 24) p += 1;`);
  if (maximum >= 0x1_0000) {
    const read = `${value} = readUint32(b, p + 1); p += 5;`;
    source.line(`else if (${value} === 0x1a && p + 5 <= e) { ${read} }`);
  }
  if (maximum >= 0x1_0000_0000) {
    const isSafe = "b[p + 1] === 0 && b[p + 2] < 0x20";
    const argument = "readUint32(b, p + 1) * 0x1_0000_0000 + readUint32(b, p + 5)";
    const read = `${value} = ${argument}; p += 9;`;
    source.line(`else if (${value} === 0x1b && p + 9 <= e && ${isSafe}) { ${read} }`);
  }
  readOtherwise(emitter, "readInteger", value);
  return value;
}

/**
 * A double first: what is declared a number rarely is a whole one.
 *
 *     let t1 = b[p];
 *     if (t1 === 0xfb && p + 9 <= e) {
 *       t1 = readDouble(b, p + 1);
 *       p += 9;
 *       if (t1 - t1 !== 0) return MISS;
 *     }
 *     else if (t1 < 24) p += 1;
 *     else …readNumber, as for integers…
 */
function readNumber(emitter: DecodeEmitter): string {
  const { source } = emitter;
  const value = source.fresh("t");
  if (emitter.inLoop) emitter.needsView = true;
  const double = emitter.inLoop ? "v.getFloat64(p + 1)" : "readDouble(b, p + 1)";
  emitter.head();
  source.line(`let ${value} = b[p];`);
  source.block(`if (${value} === 0xfb && p + 9 <= e) {`, () => {
    source.line(`${value} = ${double};`);
    source.line("p += 9;");
    source.line(`if (${value} - ${value} !== 0) ${emitter.fail}`);
  });
  source.line(`else if (${value} < 24) p += 1;`);
  readOtherwise(emitter, "readNumber", value);
  return value;
}

/** What the lines before have not read is read by a function that knows all widths, and answers NaN. */
function readOtherwise(emitter: DecodeEmitter, read: string, value: string): void {
  const { source } = emitter;
  source.block("else {", () => {
    source.line(`${value} = ${read}(b, p, e);`);
    source.line(`if (${value} !== ${value}) ${emitter.fail}`);
    source.line("p += HEAD_BYTES[b[p]];");
  });
  emitter.moved();
}

function readDate(emitter: DecodeEmitter): string {
  const { source } = emitter;
  const milliseconds = readInteger(emitter, MAX_DATE_MS);
  const range = `${milliseconds} > ${MAX_DATE_MS} || ${milliseconds} < -${MAX_DATE_MS}`;
  source.line(`if (${range}) ${emitter.fail}`);
  const value = source.fresh("t");
  source.line(`const ${value} = new Date(${milliseconds});`);
  return value;
}

function readBigInt(emitter: DecodeEmitter): string {
  const { source } = emitter;
  const value = source.fresh("t");
  emitter.head();
  source.line(`const ${value} = readBigInt(b, p, e);`);
  source.line(`if (${value} === undefined) ${emitter.fail}`);
  source.line("p += HEAD_BYTES[b[p]];");
  emitter.moved();
  return value;
}

/**
 *     const t1 = b[p] === 245;
 *     if (!t1 && b[p] !== 244) return MISS;
 *     p += 1;
 */
function readBoolean(emitter: DecodeEmitter): string {
  const { source } = emitter;
  const value = source.fresh("t");
  emitter.head();
  source.line(`const ${value} = b[p] === 0xf5;`);
  source.line(`if (!${value} && b[p] !== 0xf4) ${emitter.fail}`);
  source.line("p += 1;");
  emitter.moved();
  return value;
}

/** A value of no fixed shape is read by a function that is not generated. */
function emitUnknown(emitter: DecodeEmitter, shape: LeafShape): string {
  conditionsOf(shape, "", emitter.source);
  return emitCall(emitter, "readUnknown(b, e, s)");
}

/**
 * Calls a function that reads on from `s.position` and counts items and levels itself:
 *
 *     s.position = p;
 *     s.levels -= 2;
 *     const t1 = readUnknown(b, e, s);
 *     if (t1 === MISS) return MISS;
 *     s.levels += 2;
 *     p = s.position;
 */
export function emitCall(emitter: DecodeEmitter, call: string): string {
  const { source } = emitter;
  const value = source.fresh("t");
  emitter.settle();
  source.line("s.position = p;");
  source.line(`s.levels -= ${emitter.depth};`);
  source.line(`const ${value} = ${call};`);
  source.line(`if (${value} === MISS) ${emitter.fail}`);
  source.line(`s.levels += ${emitter.depth};`);
  source.line("p = s.position;");
  emitter.moved();
  return value;
}
