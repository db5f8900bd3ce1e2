// Generates the decoder of one message: a function that reads it from its name on, and one for each shape
// that it does not read in place.

import { readText } from "../../../cbor/remembered-text.ts";
import type { OpenCalls } from "../../../schema/call-table.ts";
import type { MessageEntry } from "../../../schema/message-entry.ts";
import type { AnyMessage } from "../../../schema/message-table.ts";
import {
  type ObjectShape,
  type ResolvedShape,
  resolveShape,
  type Shape,
  unionMembers,
} from "../../../schema/shape.ts";
import { bytesOfLiteral } from "../constant-bytes.ts";
import type { ModuleFunctions } from "../functions.ts";
import { type Source, Uncompiled } from "../source.ts";
import { DecodeEmitter } from "./emitter.ts";
import { emitCall, emitLeaf, emitLiteral } from "./leaf.ts";
import { emitMessageObject, emitObject } from "./object.ts";
import { type FieldsState, isAt, readFields } from "./fields.ts";
import * as read from "./read.ts";
import type { MISS, Viewed } from "./read.ts";
import { emitArray, emitTuple } from "./sequence.ts";
import { emitTrials, emitUnion } from "./union.ts";
import { readUnknown } from "./unknown.ts";

/**
 * Reads the message whose payload begins at `start` and whose name stands at `p`, all of it before `end`;
 * `MISS` where its name is another or the reference path has to read it. `openCalls` is for what finds the
 * call of a message; generated code has no use for it.
 */
export type CompiledDecode = (
  bytes: Uint8Array,
  start: number,
  p: number,
  end: number,
  openCalls: OpenCalls | undefined,
) => AnyMessage | typeof MISS;

/** What the code of a direction's messages has in common while it reads one. */
export type DecodeState = FieldsState & Viewed;

/** What generated decoders call, by the names they use. */
export function decodeScope(state: DecodeState): Readonly<Record<string, unknown>> {
  return {
    ...read,
    isAt,
    readFields,
    readText,
    readUnknown,
    s: state,
  };
}

/**
 * The functions of one message; the name of the first is returned:
 *
 *     function message1(b, start, p, e) {
 *       const v = viewOf(b, s);
 *       …the name, and the properties…
 *       if ((s.items -= 7) < 0 || s.levels < 1) return MISS;
 *       if (p !== e) return MISS;
 *       return { "type": "say", "text": t2 };
 *     }
 */
export function emitMessage(
  module: Source,
  functions: ModuleFunctions,
  entry: MessageEntry,
): string {
  const name = module.fresh("message");
  addFunction(functions, {
    signature: `${name}(b, start, p, e)`,
    before: [],
    parts: (emitter) => {
      emitter.expect(bytesOfLiteral(entry.type));
      return emitBody(emitter, entry.shape, entry.type);
    },
    after: ["if (p !== e) return MISS;"],
  });
  for (const { name: functionName, shape } of functions.brought()) {
    addFunction(functions, {
      signature: `${functionName}(b, e)`,
      before: ["let p = s.position;", "if (s.levels <= 0) return MISS;"],
      parts: (emitter) => emitInPlace(emitter, shape),
      after: ["s.position = p;"],
    });
  }
  return name;
}

/** One generated function: `parts` emits what reads the value and returns its expression. */
interface FunctionParts {
  readonly signature: string;
  readonly before: readonly string[];
  readonly parts: (emitter: DecodeEmitter) => string;
  readonly after: readonly string[];
}

function addFunction(functions: ModuleFunctions, parts: FunctionParts): void {
  functions.add((module) => emitFunction(module, functions, parts));
}

function emitFunction(
  module: Source,
  functions: ModuleFunctions,
  { signature, before, parts, after }: FunctionParts,
): void {
  const body = module.draft();
  const emitter = new DecodeEmitter(body, emitValue, functions);
  const value = parts(emitter);
  emitter.settle();
  const { items, maxDepth, needsView } = emitter;
  module.block(`function ${signature} {`, () => {
    for (const line of before) module.line(line);
    if (needsView) module.line("const v = viewOf(b, s);");
    module.append(body);
    module.line(`if ((s.items -= ${items}) < 0 || s.levels < ${maxDepth}) return MISS;`);
    for (const line of after) module.line(line);
    module.line(`return ${value};`);
  });
}

function emitBody(emitter: DecodeEmitter, body: Shape, name: string): string {
  const shape = resolveShape(body);
  if (shape?.kind === "object") return emitMessageObject(emitter, shape, name);
  if (shape?.kind !== "union") throw new Uncompiled("a message is an object or a union of objects");
  const value = emitter.source.fresh("t");
  emitter.source.line(`let ${value};`);
  const members = unionMembers(shape).flatMap((member): readonly ObjectShape[] => {
    const resolved = resolveShape(member.shape);
    return resolved?.kind === "object" ? [resolved] : [];
  });
  emitTrials(emitter, members, value, (member) => emitMessageObject(emitter, member, name));
  return value;
}

function emitValue(emitter: DecodeEmitter, shape: Shape): string {
  const { functions, underWay } = emitter;
  const isFunction =
    shape.kind === "reference" || underWay.has(shape) || functions.isFunction(shape);
  return isFunction ? emitFunctionCall(emitter, shape) : emitInPlace(emitter, shape);
}

function emitInPlace(emitter: DecodeEmitter, shape: ResolvedShape): string {
  const { underWay } = emitter;
  underWay.add(shape);
  const value = emitResolved(emitter, shape);
  underWay.delete(shape);
  return value;
}

function emitResolved(emitter: DecodeEmitter, shape: ResolvedShape): string {
  switch (shape.kind) {
    case "literal":
      return emitLiteral(emitter, shape);
    case "object":
      return emitObject(emitter, shape);
    case "array":
      return emitArray(emitter, shape);
    case "tuple":
      return emitTuple(emitter, shape);
    case "union":
      return emitUnion(emitter, shape);
    default:
      return emitLeaf(emitter, shape);
  }
}

function emitFunctionCall(emitter: DecodeEmitter, shape: Shape): string {
  const target = resolveShape(shape);
  if (target === undefined) throw new Uncompiled("a reference is not resolved");
  return emitCall(emitter, `${emitter.functions.nameOf(target)}(b, e)`);
}
