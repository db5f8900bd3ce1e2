// Assembles a direction's encoder: one function for each message, one for each shape that contains
// itself, and the entrance that chooses by `type`.

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
import { describeKind } from "../../../schema/describe-kind.ts";
import type { AnyMessage, MessageEntry, MessageTable } from "../../../schema/message-table.ts";
import {
  type ResolvedShape,
  resolveShape,
  type Shape,
  unionMembers,
} from "../../../schema/shape.ts";
import type { ShapeWriter } from "../../reference/encode/value.ts";
import { type GeneratedModule, generateModule } from "../generated-module.ts";
import { literal, type Source, Uncompiled } from "../source.ts";
import { EncodeEmitter } from "./emitter.ts";
import { emitLeaf, emitLiteral } from "./leaf.ts";
import { emitMessageObject, emitObject } from "./object.ts";
import { emitArray, emitTuple } from "./sequence.ts";
import { emitObjects, emitUnion, ofKind } from "./union.ts";

/** Appends a message's payload and returns true, or returns false and leaves it to the reference path. */
export type CompiledEncode = (
  message: AnyMessage,
  writer: ByteWriter,
  limits: DecodeLimits,
) => boolean;

/** Generates the encoder of `table`; undefined where the runtime forbids code generation. `unknowns` writes what no schema describes. */
export function compileEncoder(
  table: MessageTable,
  unknowns: ShapeWriter,
): GeneratedModule<CompiledEncode> | undefined {
  const scope = {
    fits64Bits,
    integerOfKey,
    isObject,
    isPlainObject,
    putBigInt,
    putHead,
    putNumber,
    putShortAscii,
    s: { items: 0, levels: 0, limits: defaultLimits },
    writeBytes,
    writeLongText,
    writeUnknown: (
      value: unknown,
      writer: ByteWriter,
      limits: DecodeLimits,
      levels: number,
      items: number,
    ) => unknowns.writeUnknown(value, writer, limits, levels, items),
  };
  return generateModule(table, { emitMessage, emitEntrance, scope });
}

/** Whether the reference path would take `value` for an object: no array, Date, Map, Set or bytes. */
function isObject(value: unknown): boolean {
  return isPlainObject(value) || describeKind(value) === "object";
}

function isPlainObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
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
 *     return function encode(m, w, limits) {
 *       s.items = 0; s.levels = 0; s.limits = limits;
 *       switch (m.type) {
 *         case "say": return message1(m, w);
 *         default: return false;
 *       }
 *     };
 */
function emitEntrance(module: Source, compiled: ReadonlyMap<string, string>): void {
  module.block(
    "return function encode(m, w, limits) {",
    () => {
      module.line("s.items = 0; s.levels = 0; s.limits = limits;");
      module.block("switch (m.type) {", () => {
        for (const [name, message] of compiled) {
          module.line(`case ${literal(name)}: return ${message}(m, w);`);
        }
        module.line("default: return false;");
      });
    },
    "};",
  );
}

/**
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
 */
function emitMessage(module: Source, entry: MessageEntry): string {
  const draft = module.draft();
  const name = module.fresh("message");
  const functions = new Map<ResolvedShape, string>();
  emitFunction(draft, `${name}(m, w)`, functions, (emitter) => emitBody(emitter, entry));
  // A Map is walked in the order of insertion, what is added on the way included.
  for (const [shape, functionName] of functions) {
    emitFunction(draft, `${functionName}(m, w)`, functions, (emitter) => emitter.write(shape, "m"));
  }
  module.append(draft);
  return name;
}

function emitFunction(
  draft: Source,
  signature: string,
  functions: Map<ResolvedShape, string>,
  emitParts: (emitter: EncodeEmitter) => void,
): void {
  const body = draft.draft();
  const emitter = new EncodeEmitter(body, emitWrite, functions);
  body.block(`function ${signature} {`, () => {
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
  draft.line(
    `const ${emitter.room} = ${emitter.fixedBytes}, ${emitter.levels} = ${emitter.maxDepth};`,
  );
  draft.append(body);
}

function emitBody(emitter: EncodeEmitter, { name, shape }: MessageEntry): void {
  const body = resolveShape(shape);
  if (body?.kind === "object") {
    emitMessageObject(emitter, body, "m", name);
    return;
  }
  if (body?.kind !== "union") throw new Uncompiled("a message is an object or a union of objects");
  const objects = ofKind(
    unionMembers(body).map((member) => member.shape),
    "object",
  );
  emitObjects(emitter, objects, "m", ({ resolved }) =>
    emitMessageObject(emitter, resolved, "m", name),
  );
}

function emitWrite(emitter: EncodeEmitter, shape: Shape, value: string): void {
  const { underWay } = emitter;
  if (shape.kind === "reference" || underWay.has(shape)) {
    emitRecursion(emitter, shape, value);
    return;
  }
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
function emitRecursion(emitter: EncodeEmitter, shape: Shape, value: string): void {
  const target = resolveShape(shape);
  if (target === undefined) throw new Uncompiled("a reference is not resolved");
  let name = emitter.functions.get(target);
  if (name === undefined) {
    name = emitter.source.fresh("value");
    emitter.functions.set(target, name);
  }
  const { source } = emitter;
  emitter.settle();
  source.line("w.length = p;");
  source.line(`s.levels += ${emitter.depth};`);
  emitter.failIf(`!${name}(${value}, w)`);
  source.line(`s.levels -= ${emitter.depth};`);
  emitter.reload();
}
