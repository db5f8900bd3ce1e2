// Unions, by what JavaScript tells of the value: its type for leaves, its value for literals, and for
// objects the literal property in which all members differ.

import { literalsOf } from "../../../schema/discriminators.ts";
import {
  type LeafShape,
  type LiteralShape,
  type ObjectShape,
  propertyNamed,
  type ResolvedShape,
  resolveShape,
  type Shape,
  unionMembers,
  type UnionShape,
} from "../../../schema/shape.ts";
import { bytesOfLiteral } from "../constant-bytes.ts";
import { assertOwnConstraints, conditionsOf } from "../constraints.ts";
import { literal, MAX_LITERALS_IN_PLACE, Uncompiled } from "../source.ts";
import type { EncodeEmitter } from "./emitter.ts";
import { emitChecked, isLiteral, isOfKind } from "./leaf.ts";

/**
 *     if (x1 === null) { … }
 *     else if (typeof x1 === "string") { … }
 *     else return false;
 */
export function emitUnion(emitter: EncodeEmitter, shape: UnionShape, value: string): void {
  const { source } = emitter;
  for (const schema of shape.schemas) {
    if (schema["anyOf"] === undefined) conditionsOf({ kind: "any", schemas: [schema] }, "", source);
  }
  const members = unionMembers(shape).map((member) => member.shape);
  if (members.length === 0) throw new Uncompiled("a union without members has no values");
  const leaves = members.flatMap(leafOf);
  const { literals, texts } = literalsIn(members);
  const sequences = [...ofKind(members, "array"), ...ofKind(members, "tuple")];
  const objects = ofKind(members, "object");
  const outside = emitter.items;
  emitter.settle();
  if (literals.length > 0) {
    emitLiterals(emitter, literals, value, () => {
      emitOthers(emitter, { texts, leaves, sequences, objects }, value);
    });
  } else emitOthers(emitter, { texts, leaves, sequences, objects }, value);
  emitter.items = Math.max(emitter.items, outside + 1);
}

/** The literals to write as constant bytes, and the texts of which there are too many for that. */
function literalsIn(members: readonly Shape[]): {
  readonly literals: readonly LiteralShape[];
  readonly texts: ReadonlySet<unknown>;
} {
  const literals = ofKind(members, "literal").map(({ resolved }) => resolved);
  literals.forEach(assertOwnConstraints);
  const isText = ({ value }: LiteralShape): boolean => typeof value === "string";
  const texts = literals.filter(isText);
  if (texts.length <= MAX_LITERALS_IN_PLACE) return { literals, texts: new Set() };
  return {
    literals: literals.filter((each) => !isText(each)),
    texts: new Set(texts.map((each) => each.value)),
  };
}

/** A member of one kind: the shape to write, which may be a reference, and what it comes to. */
export interface Member<Resolved extends ResolvedShape> {
  readonly shape: Shape;
  readonly resolved: Resolved;
}

/** The members of one kind. */
export function ofKind<Kind extends ResolvedShape["kind"]>(
  shapes: readonly Shape[],
  kind: Kind,
): readonly Member<Extract<ResolvedShape, { kind: Kind }>>[] {
  return shapes.flatMap((shape) => {
    const resolved = resolveShape(shape);
    return resolved?.kind === kind
      ? [{ shape, resolved: resolved as Extract<ResolvedShape, { kind: Kind }> }]
      : [];
  });
}

function leafOf(shape: Shape): readonly LeafShape[] {
  const resolved = resolveShape(shape);
  if (resolved === undefined) throw new Uncompiled("a member of a union is not resolved");
  switch (resolved.kind) {
    case "literal":
    case "array":
    case "tuple":
    case "object":
    case "union":
      return [];
    case "any":
    case "never":
    case "undefined":
      throw new Uncompiled(
        `a union with a member of kind ${resolved.kind} is written by the reference path`,
      );
    default:
      return [resolved];
  }
}

/**
 *     switch (x1) {
 *       case "open": …; break;
 *       default:
 *         …the members that are no literals…
 *     }
 */
function emitLiterals(
  emitter: EncodeEmitter,
  literals: readonly LiteralShape[],
  value: string,
  others: () => void,
): void {
  const { source } = emitter;
  const unique = new Map(literals.map((shape) => [shape.value, shape]));
  source.block(`switch (${value}) {`, () => {
    for (const shape of unique.values()) {
      source.block(
        `case ${literal(shape.value)}:`,
        () => {
          if (shape.value === 0) emitter.failIf(`!(${isLiteral(shape, value)})`);
          emitter.put(bytesOfLiteral(shape.value));
          emitter.settle();
        },
        "  break;",
      );
    }
    source.block("default:", others, "");
  });
}

/** The members of a union that are not written as constant bytes. */
interface Others {
  readonly texts: ReadonlySet<unknown>;
  readonly leaves: readonly LeafShape[];
  readonly sequences: readonly Member<ResolvedShape>[];
  readonly objects: readonly Member<ObjectShape>[];
}

/** Leaves, then sequences, then objects: the types exclude each other. */
function emitOthers(
  emitter: EncodeEmitter,
  { texts, leaves, sequences, objects }: Others,
  value: string,
): void {
  const { source } = emitter;
  let opening = "if";
  const branch = (condition: string, body: () => void): void => {
    emitter.block(`${opening} (${condition}) {`, body);
    opening = "else if";
  };
  if (texts.size > 0) {
    const known = source.constant(texts, "literals");
    branch(`${known}.has(${value})`, () => emitChecked(emitter, "text", value));
  }
  for (const leaf of leaves) {
    const conditions = [isOfKind(leaf.kind, value), ...conditionsOf(leaf, value, source)];
    branch(conditions.join(" && "), () => emitChecked(emitter, leaf.kind, value));
  }
  const [sequence, ...moreSequences] = sequences;
  if (moreSequences.length > 0)
    throw new Uncompiled("a union of arrays is written by the reference path");
  if (sequence !== undefined) {
    branch(`Array.isArray(${value})`, () => emitter.write(sequence.shape, value));
  }
  if (objects.length > 0) {
    branch(`isPlainObject(${value})`, () =>
      emitObjects(emitter, objects, value, ({ shape }) => emitter.write(shape, value)),
    );
  }
  source.line(opening === "if" ? emitter.fail : `else ${emitter.fail}`);
}

/** Objects are told apart by a required property that has another literal in each of them. */
export function emitObjects(
  emitter: EncodeEmitter,
  objects: readonly Member<ObjectShape>[],
  value: string,
  emitMember: (object: Member<ObjectShape>) => void,
): void {
  const { source } = emitter;
  const [only, ...others] = objects;
  if (only !== undefined && others.length === 0) {
    emitMember(only);
    return;
  }
  const name = discriminatorOf(objects.map(({ resolved }) => resolved));
  emitter.settle();
  source.block(`switch (${value}[${literal(name)}]) {`, () => {
    for (const object of objects) {
      const property = propertyNamed(object.resolved, name);
      const values = property === undefined ? [] : (literalsOf(property.shape) ?? []);
      const labels = values.map((each) => `case ${literal(each)}:`).join(" ");
      source.block(`${labels} {`, () => {
        emitMember(object);
        emitter.settle();
        source.line("break;");
      });
    }
    source.line(`default: ${emitter.fail}`);
  });
}

/** The name of the property that tells `objects` apart. */
function discriminatorOf(objects: readonly ObjectShape[]): string {
  for (const { name } of objects[0]?.properties ?? []) {
    const values = objects.flatMap((object): readonly unknown[] => {
      const property = propertyNamed(object, name);
      const literals = property?.optional === false ? literalsOf(property.shape) : undefined;
      return literals ?? [undefined];
    });
    if (!values.includes(undefined) && new Set(values).size === values.length) return name;
  }
  throw new Uncompiled(
    "a union of objects without a discriminating literal is written by the reference path",
  );
}
