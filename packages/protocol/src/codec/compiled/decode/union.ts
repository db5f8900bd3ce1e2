// Unions. The first byte tells the kind of item; among items of one kind, literals are told apart by
// their bytes, leaves share one read and differ in their conditions, and objects and arrays are tried
// in order, since the members of our own layout exclude each other.

import { literalsOf } from "../../../schema/discriminators.ts";
import {
  type LeafShape,
  type LiteralShape,
  partsOf,
  type ResolvedShape,
  resolveShape,
  type Shape,
  shapesIn,
  unionMembers,
  type UnionShape,
} from "../../../schema/shape.ts";
import { bytesOfLiteral } from "../constant-bytes.ts";
import { assertOwnConstraints, conditionsOf } from "../constraints.ts";
import { literal, MAX_LITERALS_IN_PLACE, Uncompiled } from "../source.ts";
import { emitChoice } from "./choose.ts";
import type { DecodeEmitter } from "./emitter.ts";
import { emitLeaf } from "./leaf.ts";

/** Kinds of items that the first byte tells apart, with the condition on it. */
const WIRE_CLASSES = {
  null: "b[p] === 0xf6",
  undefined: "b[p] === 0xf7",
  boolean: "(b[p] & 0xfe) === 0xf4",
  number: "b[p] < 0x40 || b[p] >= 0xf9",
  text: "(b[p] & 0xe0) === 0x60",
  bytes: "(b[p] & 0xe0) === 0x40",
  sequence: "(b[p] & 0xe0) === 0x80",
  map: "(b[p] & 0xe0) === 0xa0",
} as const;

/** So many members are tried one after another; of more, the reference path finds the one by its literal. */
const MAX_TRIALS = 64;

type WireClass = keyof typeof WIRE_CLASSES;

/**
 *     let t1;
 *     if (b[p] === 0xf6) { … t1 = null; }
 *     else if ((b[p] & 0xe0) === 0x60) { … t1 = t2; }
 *     else return MISS;
 */
export function emitUnion(emitter: DecodeEmitter, shape: UnionShape): string {
  const { source } = emitter;
  for (const schema of shape.schemas) assertNothingMore(schema, emitter);
  const groups = Map.groupBy(unionMembers(shape).map(resolveMember), wireClassOf);
  if (groups.size === 0) throw new Uncompiled("a union without members has no values");
  const value = source.fresh("t");
  emitter.head();
  source.line(`let ${value};`);
  let opening = "if";
  for (const [wireClass, members] of groups) {
    emitter.block(`${opening} (${WIRE_CLASSES[wireClass]}) {`, () => {
      emitMembers(emitter, wireClass, members, value);
    });
    opening = "else if";
  }
  source.line(`else ${emitter.fail}`);
  emitter.moved();
  return value;
}

/** An intersection leaves its other constraints on a union; only the union's own schema has a compiled form. */
function assertNothingMore(schema: UnionShape["schemas"][number], emitter: DecodeEmitter): void {
  if (schema["anyOf"] === undefined) {
    conditionsOf({ kind: "any", schemas: [schema] }, "", emitter.source);
  }
}

/** A member: the shape to read, which may be a reference, and what it comes to. */
interface Member {
  readonly shape: Shape;
  readonly resolved: ResolvedShape;
}

function resolveMember({ shape }: UnionShape["members"][number]): Member {
  const resolved = resolveShape(shape);
  if (resolved === undefined) throw new Uncompiled("a member of a union is not resolved");
  return { shape, resolved };
}

function wireClassOf({ resolved: shape }: Member): WireClass {
  switch (shape.kind) {
    case "null":
    case "undefined":
    case "boolean":
    case "text":
    case "bytes":
      return shape.kind;
    case "number":
    case "integer":
    case "date":
    case "bigint":
      return "number";
    case "literal":
      return typeof shape.value === "string"
        ? "text"
        : (typeof shape.value as "number" | "boolean");
    case "array":
    case "tuple":
      return "sequence";
    case "object":
      return "map";
    default:
      throw new Uncompiled(
        `a union with a member of kind ${shape.kind} is read by the reference path`,
      );
  }
}

function emitMembers(
  emitter: DecodeEmitter,
  wireClass: WireClass,
  members: readonly Member[],
  value: string,
): void {
  const { source } = emitter;
  const resolved = members.map((member) => member.resolved);
  const literals = resolved.filter((member) => member.kind === "literal");
  literals.forEach(assertOwnConstraints);
  const [only] = members;
  const areLiterals = literals.length === members.length && wireClass !== "boolean";
  if (areLiterals && literals.length <= MAX_LITERALS_IN_PLACE) {
    emitLiterals(emitter, literals, value);
  } else if (only !== undefined && members.length === 1) {
    const read = emitter.value(only.shape);
    emitter.settle();
    source.line(`${value} = ${read};`);
  } else if (wireClass === "sequence" || wireClass === "map") {
    assertQuickTrials(resolved);
    const shapes = members.map((member) => member.shape);
    emitTrials(emitter, shapes, value, (shape) => emitter.value(shape));
  } else {
    emitLeaves(emitter, resolved as readonly (LeafShape | LiteralShape)[], value);
  }
}

/**
 * A trial that fails must have cost little: where it fails at its first property it has; where members
 * contain the union itself it could double at every level of nesting.
 */
function assertQuickTrials(members: readonly ResolvedShape[]): void {
  const firsts = members.map((member) => {
    const first = member.kind === "object" ? member.properties[0] : undefined;
    return first?.optional === false ? literalsOf(first.shape) : undefined;
  });
  const values = firsts.flat();
  if (!values.includes(undefined) && new Set(values).size === values.length) return;
  const recursive = members.some((member) => [...shapesIn(member)].some(containsItself));
  if (recursive) {
    throw new Uncompiled(
      "a recursive union that no first literal tells apart is read by the reference path",
    );
  }
}

/** Whether the shape is met again on the way down from it. */
function containsItself(shape: ResolvedShape): boolean {
  return partsOf(shape).some((part) => [...shapesIn(part)].includes(shape));
}

function emitLiterals(
  emitter: DecodeEmitter,
  literals: readonly LiteralShape[],
  value: string,
): void {
  emitter.items += 1;
  const unique = new Map(literals.map((shape) => [bytesOfLiteral(shape.value).join(), shape]));
  emitChoice(
    emitter,
    [...unique.values()].map((shape) => ({
      bytes: bytesOfLiteral(shape.value),
      chosen: () => emitter.source.line(`${value} = ${literal(shape.value)};`),
    })),
  );
}

/** Leaves of one form on the wire: read once, without constraints, then any member's conditions suffice. */
function emitLeaves(
  emitter: DecodeEmitter,
  members: readonly (LeafShape | LiteralShape)[],
  value: string,
): void {
  const { source } = emitter;
  const leaves = members.filter((member) => member.kind !== "literal");
  const kinds = new Set(leaves.map((leaf) => leaf.kind));
  if (kinds.has("integer") && kinds.has("number")) kinds.delete("integer");
  const [kind, ...others] = kinds;
  const read = emitLeaf(emitter, { kind: kind ?? literalKind(members), schemas: [] });
  if (others.length > 0)
    throw new Uncompiled("a union of different numbers is read by the reference path");
  const alternatives = leaves.map((leaf) => {
    const conditions = [...conditionsOf(leaf, read, source)];
    if (leaf.kind === "integer" && kind === "number") conditions.push(`Number.isInteger(${read})`);
    return conditions.length === 0 ? "true" : `(${conditions.join(" && ")})`;
  });
  if (!alternatives.includes("true")) {
    const fits = [...isLiteralOf(members, read, source), ...alternatives];
    source.line(`if (!(${fits.join(" || ")})) ${emitter.fail}`);
  }
  source.line(`${value} = ${read};`);
}

/** Conditions of which one is true where `read` is one of the literals of `members`. */
function isLiteralOf(
  members: readonly (LeafShape | LiteralShape)[],
  read: string,
  source: DecodeEmitter["source"],
): readonly string[] {
  const values = members.flatMap((member) => (member.kind === "literal" ? [member.value] : []));
  if (values.length > MAX_LITERALS_IN_PLACE) {
    return [`${source.constant(new Set(values), "literals")}.has(${read})`];
  }
  return values.map((value) => `${read} === ${literal(value)}`);
}

function literalKind(members: readonly (LeafShape | LiteralShape)[]): LeafShape["kind"] {
  const [first] = members;
  const type = first?.kind === "literal" ? typeof first.value : "string";
  return type === "string" ? "text" : (type as "number" | "boolean");
}

/**
 *     const p1 = p, items2 = s.items, levels3 = s.levels;
 *     found4: {
 *       next5: {
 *         …a member, giving up with `break next5;`…
 *         t6 = t7;
 *         break found4;
 *       }
 *       p = p1; s.items = items2; s.levels = levels3;
 *       …
 *       return MISS;
 *     }
 */
export function emitTrials<Member>(
  emitter: DecodeEmitter,
  members: readonly Member[],
  value: string,
  emitMember: (member: Member) => string,
): void {
  if (members.length > MAX_TRIALS) {
    throw new Uncompiled(
      `a union of more than ${MAX_TRIALS} objects or arrays is read by the reference path`,
    );
  }
  const { source } = emitter;
  const [position, items, levels] = ["p", "items", "levels"].map((name) => source.fresh(name));
  const found = source.fresh("found");
  emitter.settle();
  source.line(`const ${position} = p, ${items} = s.items, ${levels} = s.levels;`);
  emitter.block(`${found}: {`, () => {
    const [depth, outside] = [emitter.depth, emitter.items];
    let most = outside;
    for (const member of members) {
      const next = source.fresh("next");
      emitter.items = outside;
      emitter.block(`${next}: {`, () => {
        emitter.failingBy(`break ${next};`, () => {
          const read = emitMember(member);
          emitter.settle();
          source.line(`${value} = ${read};`);
          source.line(`break ${found};`);
        });
      });
      emitter.depth = depth;
      most = Math.max(most, emitter.items);
      source.line(`p = ${position}; s.items = ${items}; s.levels = ${levels};`);
    }
    emitter.items = most;
    source.line(emitter.fail);
  });
}
