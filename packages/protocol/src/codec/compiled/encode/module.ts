// Generates the encoder of one message: a function that checks it while it writes it, and one for each
// shape that it does not write in place.

import type { ByteWriter } from "../../../byte-writer.ts";
import {
  fits64Bits,
  putBigInt,
  putHead,
  putNumber,
  putShortAscii,
  writeBytes,
  writeLongText,
} from "../../../cbor/write.ts";
import { type DecodeLimits, defaultLimits } from "../../../limits.ts";
import type { MessageEntry } from "../../../schema/message-entry.ts";
import type { AnyMessage } from "../../../schema/message-table.ts";
import {
  type ResolvedShape,
  resolveShape,
  type Shape,
  unionMembers,
} from "../../../schema/shape.ts";
import type { ShapeWriter } from "../../reference/encode/value.ts";
import type { ModuleFunctions } from "../functions.ts";
import { type Source, Uncompiled } from "../source.ts";
import { EncodeEmitter } from "./emitter.ts";
import { type EncodeState, putKnown, writeObject } from "./fields.ts";
import { emitLeaf, emitLiteral } from "./leaf.ts";
import { emitMessageObject, emitObject, wholeTableCall } from "./object.ts";
import { isObject, isPlainObject } from "../plain-object.ts";
import { emitArray, emitTuple } from "./sequence.ts";
import { emitObjects, emitUnion, ofKind } from "./union.ts";

/** Appends a message's payload and returns true, or returns false and leaves it to the reference path. */
export type CompiledEncode = (message: AnyMessage, writer: ByteWriter) => boolean;

/** What generated encoders call, by the names they use. `unknowns` writes what no schema describes. */
export function encodeScope(
  state: EncodeState,
  unknowns: ShapeWriter,
): Readonly<Record<string, unknown>> {
  return {
    fits64Bits,
    integerOfKey,
    isObject,
    isPlainObject,
    putBigInt,
    putHead,
    putKnown,
    putNumber,
    putShortAscii,
    s: state,
    writeBytes,
    writeLongText,
    writeObject,
    writeUnknown: (
      value: unknown,
      writer: ByteWriter,
      limits: DecodeLimits,
      levels: number,
      items: number,
    ) => unknowns.writeUnknown(value, writer, limits, levels, items),
  };
}

/** Up to this many digits a loop beats converting there and back. */
const SHORT_KEY = 9;

/** The safe integer of which JavaScript makes this property name; NaN where there is none. */
function integerOfKey(key: string): number {
  const length = key.length;
  if (length === 0 || length > SHORT_KEY || key.charCodeAt(0) === 0x30)
    return integerOfLongKey(key);
  let value = 0;
  for (let index = 0; index < length; index += 1) {
    const digit = key.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return integerOfLongKey(key);
    value = value * 10 + digit;
  }
  return value;
}

function integerOfLongKey(key: string): number {
  const value = Number(key);
  return Number.isSafeInteger(value) && String(value) === key ? value : Number.NaN;
}

/**
 * The functions of one message; the name of the first is returned:
 *
 *     const ROOM2 = 37, LEVELS3 = 1;
 *     function message1(m, w) {
 *       if (s.levels + LEVELS3 > s.limits.maxNesting) return false;
 *       w.reserve(ROOM2);
 *       let b = w.bytes, v = w.view, p = w.length;
 *       …
 *       if ((s.items += 7) > s.limits.maxItems) return false;
 *       w.length = p;
 *       return true;
 *     }
 *
 * Of an object that is written by its table it is one line:
 *
 *     function message1(m, w) { return writeObject(m, w, s, table2, [value3], 1); }
 */
export function emitMessage(
  module: Source,
  functions: ModuleFunctions,
  entry: MessageEntry,
): string {
  const name = module.fresh("message");
  const body = resolveShape(entry.shape);
  addFunction(functions, name, body, entry.type, (emitter) => emitBody(emitter, entry));
  for (const { name: functionName, shape } of functions.brought()) {
    addFunction(functions, functionName, shape, undefined, (emitter) =>
      emitInPlace(emitter, shape, "m"),
    );
  }
  return name;
}

/** `root` is what the function writes: the message called `messageName`, or a value. */
function addFunction(
  functions: ModuleFunctions,
  name: string,
  root: ResolvedShape | undefined,
  messageName: string | undefined,
  emitParts: (emitter: EncodeEmitter) => void,
): void {
  functions.add((module) => {
    const emitter = new EncodeEmitter(module.draft(), emitWrite, functions);
    const call = root && wholeTableCall(emitter, root, "m", messageName);
    if (call === undefined) emitFunction(module, emitter, name, emitParts);
    else module.line(`function ${name}(m, w) { return ${call}; }`);
  });
}

function emitFunction(
  module: Source,
  emitter: EncodeEmitter,
  name: string,
  emitParts: (emitter: EncodeEmitter) => void,
): void {
  const { source: body } = emitter;
  body.block(`function ${name}(m, w) {`, () => {
    // What stands deepest may be absent: the reference path knows.
    body.line(`if (s.levels + ${emitter.levels} > s.limits.maxNesting) return false;`);
    body.line(`w.reserve(${emitter.room});`);
    body.line("let b = w.bytes, v = w.view, p = w.length;");
    emitParts(emitter);
    emitter.settle();
    body.line(`if ((s.items += ${emitter.items}) > s.limits.maxItems) return false;`);
    body.line("w.length = p;");
    body.line("return true;");
  });
  if (emitter.maxDepth > defaultLimits.maxNesting) {
    throw new Uncompiled("nested deeper than a reader accepts");
  }
  module.line(
    `const ${emitter.room} = ${emitter.fixedBytes}, ${emitter.levels} = ${emitter.maxDepth};`,
  );
  module.append(body);
}

function emitBody(emitter: EncodeEmitter, { type, shape }: MessageEntry): void {
  const body = resolveShape(shape);
  if (body?.kind === "object") {
    emitMessageObject(emitter, body, "m", type);
    return;
  }
  if (body?.kind !== "union") throw new Uncompiled("a message is an object or a union of objects");
  const objects = ofKind(
    unionMembers(body).map((member) => member.shape),
    "object",
  );
  emitObjects(emitter, objects, "m", ({ resolved }) =>
    emitMessageObject(emitter, resolved, "m", type),
  );
}

function emitWrite(emitter: EncodeEmitter, shape: Shape, value: string): void {
  const { functions, underWay } = emitter;
  const isFunction =
    shape.kind === "reference" || underWay.has(shape) || functions.isFunction(shape);
  if (isFunction) emitFunctionCall(emitter, shape, value);
  else emitInPlace(emitter, shape, value);
}

function emitInPlace(emitter: EncodeEmitter, shape: ResolvedShape, value: string): void {
  const { underWay } = emitter;
  underWay.add(shape);
  emitResolved(emitter, shape, value);
  underWay.delete(shape);
}

function emitResolved(emitter: EncodeEmitter, shape: ResolvedShape, value: string): void {
  switch (shape.kind) {
    case "literal":
      emitLiteral(emitter, shape, value);
      return;
    case "object":
      emitObject(emitter, shape, value);
      return;
    case "array":
      emitArray(emitter, shape, value);
      return;
    case "tuple":
      emitTuple(emitter, shape, value);
      return;
    case "union":
      emitUnion(emitter, shape, value);
      return;
    default:
      emitLeaf(emitter, shape, value);
  }
}

/**
 *     w.length = p;
 *     s.levels += 1;
 *     if (!value3(x2, w)) return false;
 *     s.levels -= 1;
 *     …room for the rest…
 */
function emitFunctionCall(emitter: EncodeEmitter, shape: Shape, value: string): void {
  const target = resolveShape(shape);
  if (target === undefined) throw new Uncompiled("a reference is not resolved");
  const name = emitter.functions.nameOf(target);
  const { source } = emitter;
  emitter.settle();
  source.line("w.length = p;");
  source.line(`s.levels += ${emitter.depth};`);
  emitter.failIf(`!${name}(${value}, w)`);
  source.line(`s.levels -= ${emitter.depth};`);
  emitter.reload();
}
