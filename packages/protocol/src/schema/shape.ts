// The shape of a message: a TypeBox schema boiled down to what the wire needs to know. The reference
// codec walks shapes, the compiled codec is generated from them. References keep recursion finite;
// intersections are merged and nested unions flattened, so neither exists here.

import type { TSchema } from "@sinclair/typebox";

/** The greatest distance of a Date from the epoch, in milliseconds (ECMA-262 §21.4.1.1). */
export const MAX_DATE_MS = 8.64e15;

/** The schemas a value must satisfy, all of them: more than one where an intersection was merged. */
interface Constrained {
  readonly schemas: readonly TSchema[];
}

/** A value without parts. */
export interface LeafShape extends Constrained {
  readonly kind:
    | "any"
    | "never"
    | "null"
    | "undefined"
    | "boolean"
    | "number"
    | "integer"
    | "text"
    | "bytes"
    | "date"
    | "bigint";
  /** What the value must not be; with `any` alone. */
  readonly excluded?: Shape;
}

/** One value and no other. */
export interface LiteralShape extends Constrained {
  readonly kind: "literal";
  readonly value: string | number | boolean;
}

/** Any number of items of one shape. */
export interface ArrayShape extends Constrained {
  readonly kind: "array";
  readonly items: Shape;
  readonly contained?: Contained;
}

/** How many items of an array have a shape of their own beside that of all items. */
export interface Contained {
  readonly shape: Shape;
  readonly least: number;
  readonly most: number;
}

/** A fixed number of items, each of its own shape. */
export interface TupleShape extends Constrained {
  readonly kind: "tuple";
  readonly items: readonly Shape[];
}

/** A named part of an object. */
export interface Property {
  readonly name: string;
  readonly optional: boolean;
  readonly shape: Shape;
}

/** The entries of an object whose keys are data: a TypeBox Record. */
export interface Entries {
  /** How keys travel: an integer-keyed record has CBOR integers for keys. */
  readonly keys: "text" | "integer";
  /** Which keys these are, as JavaScript strings. */
  readonly pattern: RegExp;
  readonly shape: Shape;
}

/** Named properties, keyed entries, or both. */
export interface ObjectShape extends Constrained {
  readonly kind: "object";
  readonly properties: readonly Property[];
  readonly entries: readonly Entries[];
  /** What becomes of a property that is neither: dropped, refused, or kept with this shape. */
  readonly rest: "drop" | "refuse" | Shape;
}

/** One member of a union. */
export interface UnionMember {
  readonly shape: Shape;
  readonly schema: TSchema;
  /** The schemas that references inside `schema` may name. */
  readonly references: readonly TSchema[];
}

/** The first member that fits without dropping a property; failing that, the first that fits. */
export interface UnionShape extends Constrained {
  readonly kind: "union";
  readonly members: readonly UnionMember[];
}

/** Stands for a shape that contains itself. */
export interface ReferenceShape {
  readonly kind: "reference";
  /** Set once the shape it stands for is built. */
  target: Shape | undefined;
}

/** A shape that is not a reference. */
export type ResolvedShape =
  LeafShape | LiteralShape | ArrayShape | TupleShape | ObjectShape | UnionShape;

export type Shape = ResolvedShape | ReferenceShape;

/** The shape itself, or what a reference stands for; undefined while that is still being built. */
export function resolveShape(shape: Shape): ResolvedShape | undefined {
  let resolved: Shape | undefined = shape;
  while (resolved?.kind === "reference") resolved = resolved.target;
  return resolved;
}

/** What JavaScript tells of a value: kinds that exclude each other. */
export const VALUE_KINDS = [
  "null",
  "undefined",
  "boolean",
  "number",
  "text",
  "bytes",
  "date",
  "bigint",
  "array",
  "object",
] as const;

export type ValueKind = (typeof VALUE_KINDS)[number];

/** Whether a value of this kind may have this shape. */
export function admitsKind(shape: Shape, kind: ValueKind): boolean {
  const resolved = resolveShape(shape);
  if (resolved === undefined) return false;
  switch (resolved.kind) {
    case "never":
      return false;
    case "any":
      return true;
    case "integer":
      return kind === "number";
    case "tuple":
      return kind === "array";
    case "literal":
      return kind === (typeof resolved.value === "string" ? "text" : typeof resolved.value);
    case "union":
      return unionMembers(resolved).some((member) => admitsKind(member.shape, kind));
    default:
      return kind === resolved.kind;
  }
}

/** Whether a shape admits whatever can travel. */
export function isAnything(shape: Shape): boolean {
  const resolved = resolveShape(shape);
  return resolved?.kind === "any" && resolved.excluded === undefined;
}

/** The property of an object shape with this name. */
export function propertyNamed(shape: ObjectShape, name: string): Property | undefined {
  return shape.properties.find((property) => property.name === name);
}

/** The members of a union, with those of the unions that it refers to in their place. To be asked when all shapes are built. */
export function unionMembers(
  shape: UnionShape,
  seen: Set<UnionShape> = new Set(),
): readonly UnionMember[] {
  if (seen.has(shape)) return [];
  seen.add(shape);
  return shape.members.flatMap((member) => {
    const resolved = resolveShape(member.shape);
    return resolved?.kind === "union" ? unionMembers(resolved, seen) : [member];
  });
}

/** The shapes that stand directly inside a shape. */
export function partsOf(shape: ResolvedShape): readonly Shape[] {
  switch (shape.kind) {
    case "array":
      return [shape.items];
    case "tuple":
      return shape.items;
    case "object":
      return [...shape.properties.map((property) => property.shape), ...unnamedParts(shape)];
    case "union":
      return shape.members.map((member) => member.shape);
    default:
      return [];
  }
}

/** The shapes of an object's properties that are not named. */
export function unnamedParts(shape: ObjectShape): readonly Shape[] {
  const shapes = shape.entries.map((entry) => entry.shape);
  return typeof shape.rest === "object" ? [...shapes, shape.rest] : shapes;
}

/** The shapes that a property called `name` has, or would have as an entry. */
export function shapesUnder(shape: ObjectShape, name: string): readonly Shape[] {
  const property = propertyNamed(shape, name);
  return property === undefined ? unnamedParts(shape) : [property.shape];
}

/** `shape` and every shape inside it, each once. To be asked when all shapes are built. */
export function shapesIn(
  shape: Shape,
  seen: Set<ResolvedShape> = new Set(),
): ReadonlySet<ResolvedShape> {
  const resolved = resolveShape(shape);
  if (resolved === undefined || seen.has(resolved)) return seen;
  seen.add(resolved);
  for (const part of partsOf(resolved)) shapesIn(part, seen);
  return seen;
}

/** Whether undefined is among the values of a shape. `any` has it not: without a schema it does not travel. */
export function admitsUndefined(shape: Shape): boolean {
  const resolved = resolveShape(shape);
  if (resolved?.kind !== "union") return resolved?.kind === "undefined";
  return unionMembers(resolved).some((member) => admitsUndefined(member.shape));
}

/** Whether a check of `shape` alone passes undefined: `any` counts here, since a check cannot tell absence from it. */
export function passesUndefined(shape: Shape): boolean {
  const resolved = resolveShape(shape);
  if (resolved?.kind !== "union") return resolved?.kind === "any" || admitsUndefined(shape);
  return unionMembers(resolved).some((member) => passesUndefined(member.shape));
}
