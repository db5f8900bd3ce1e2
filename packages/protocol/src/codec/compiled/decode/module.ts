// Assembles a direction's decoder: one function for each message, one for each shape that contains
// itself, and the entrance that reads `type` and chooses among them.

import { readText } from "../../../cbor/remembered-text.ts";
import type { DecodeLimits } from "../../../limits.ts";
import type { AnyMessage, MessageEntry, MessageTable } from "../../../schema/message-table.ts";
import {
  type ObjectShape,
  type ResolvedShape,
  resolveShape,
  type Shape,
  unionMembers,
} from "../../../schema/shape.ts";
import { bytesOfLiteral } from "../constant-bytes.ts";
import { type GeneratedModule, generateModule } from "../generated-module.ts";
import { type Source, Uncompiled } from "../source.ts";
import { emitChoice } from "./choose.ts";
import { DecodeEmitter, differs } from "./emitter.ts";
import { emitCall, emitLeaf, emitLiteral } from "./leaf.ts";
import { emitMessageObject, emitObject } from "./object.ts";
import {
  HEAD_BYTES,
  MISS,
  newArray,
  readArgument,
  readBigInt,
  readBytes,
  readDouble,
  readInteger,
  readLength,
  readNumber,
  readUint32,
  type Viewed,
  viewOf,
} from "./read.ts";
import { emitArray, emitTuple } from "./sequence.ts";
import { emitTrials, emitUnion } from "./union.ts";
import { type ReadState, readUnknown } from "./unknown.ts";

/** Decodes one payload, or gives it to the reference path by returning `MISS`. */
export type CompiledDecode = (
  bytes: Uint8Array,
  start: number,
  end: number,
  limits: DecodeLimits,
) => AnyMessage | typeof MISS;

const TYPE_KEY = bytesOfLiteral("type");

/** Generates the decoder of `table`; undefined where the runtime forbids code generation. */
export function compileDecoder(table: MessageTable): GeneratedModule<CompiledDecode> | undefined {
  const state: ReadState & Viewed = {
    position: 0,
    items: 0,
    levels: 0,
    bytes: undefined,
    view: new DataView(new ArrayBuffer(0)),
  };
  const scope = {
    HEAD_BYTES,
    MISS,
    newArray,
    readArgument,
    readBigInt,
    readBytes,
    readDouble,
    readInteger,
    readLength,
    readNumber,
    readText,
    readUint32,
    readUnknown,
    viewOf,
    s: state,
  };
  return generateModule(table, { emitMessage, emitEntrance, scope });
}

/**
 *     return function decode(b, start, e, limits) {
 *       …the head of a map, and the key "type"…
 *       s.items = limits.maxItems;
 *       s.levels = limits.maxNesting;
 *       switch (…) { … return message1(b, start, p, e); … }
 *     };
 */
function emitEntrance(module: Source, compiled: ReadonlyMap<string, string>): void {
  const emitter = new DecodeEmitter(module, emitValue, new Map());
  module.block(
    "return function decode(b, start, e, limits) {",
    () => {
      module.line("let p = b[start] === 0xb8 ? start + 2 : start + 1;");
      module.line("if (p === start + 1 && (b[start] < 0xa1 || b[start] > 0xb7)) return MISS;");
      module.line(`if (p + ${TYPE_KEY.length} >= e || ${differs(TYPE_KEY, "p")}) return MISS;`);
      module.line(`p += ${TYPE_KEY.length};`);
      module.line("s.items = limits.maxItems;");
      module.line("s.levels = limits.maxNesting;");
      emitChoice(
        emitter,
        [...compiled].map(([name, message]) => ({
          bytes: bytesOfLiteral(name),
          chosen: () => module.line(`return ${message}(b, start, p, e);`),
        })),
      );
      module.line("return MISS;");
    },
    "};",
  );
}

/**
 * The functions of one message, in the module only if all of them could be generated:
 *
 *     function message1(b, start, p, e) {
 *       const v = viewOf(b, s);
 *       …the properties…
 *       if ((s.items -= 7) < 0 || s.levels < 1) return MISS;
 *       if (p !== e) return MISS;
 *       return { "type": "say", "text": t2 };
 *     }
 */
function emitMessage(module: Source, entry: MessageEntry): string {
  const draft = module.draft();
  const functions = new Map<ResolvedShape, string>();
  const name = module.fresh("message");
  emitFunction(draft, functions, {
    signature: `${name}(b, start, p, e)`,
    before: [],
    parts: (emitter) => emitBody(emitter, entry.shape, entry.name),
    after: ["if (p !== e) return MISS;"],
  });
  // A Map is walked in the order of insertion, what is added on the way included.
  for (const [shape, functionName] of functions) {
    emitFunction(draft, functions, {
      signature: `${functionName}(b, e)`,
      before: ["let p = s.position;", "if (s.levels <= 0) return MISS;"],
      parts: (emitter) => emitter.value(shape),
      after: ["s.position = p;"],
    });
  }
  module.append(draft);
  return name;
}

/** One generated function: `parts` emits what reads the value and returns its expression. */
interface FunctionParts {
  readonly signature: string;
  readonly before: readonly string[];
  readonly parts: (emitter: DecodeEmitter) => string;
  readonly after: readonly string[];
}

function emitFunction(
  draft: Source,
  functions: Map<ResolvedShape, string>,
  { signature, before, parts, after }: FunctionParts,
): void {
  const body = draft.draft();
  const emitter = new DecodeEmitter(body, emitValue, functions);
  const value = parts(emitter);
  emitter.settle();
  const { items, maxDepth, needsView } = emitter;
  draft.block(`function ${signature} {`, () => {
    for (const line of before) draft.line(line);
    if (needsView) draft.line("const v = viewOf(b, s);");
    draft.append(body);
    draft.line(`if ((s.items -= ${items}) < 0 || s.levels < ${maxDepth}) return MISS;`);
    for (const line of after) draft.line(line);
    draft.line(`return ${value};`);
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
  const { underWay } = emitter;
  if (shape.kind === "reference" || underWay.has(shape)) return emitRecursion(emitter, shape);
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

function emitRecursion(emitter: DecodeEmitter, shape: Shape): string {
  const target = resolveShape(shape);
  if (target === undefined) throw new Uncompiled("a reference is not resolved");
  let name = emitter.functions.get(target);
  if (name === undefined) {
    name = emitter.source.fresh("value");
    emitter.functions.set(target, name);
  }
  return emitCall(emitter, `${name}(b, e)`);
}
