// Types of which there is no value because of how they stand inside each other: one that contains itself
// without an end, one that needs more properties or more different items than there are. Looked at when
// all shapes of a message are built; what a type asks by itself is looked at in `bounds.ts`.

import { appendPointer, refuse } from "../errors.ts";
import { literalsOf } from "./discriminators.ts";
import { findFault } from "./fault.ts";
import {
  admitsKind,
  type ArrayShape,
  type ObjectShape,
  type ResolvedShape,
  resolveShape,
  type Shape,
  shapesIn,
  VALUE_KINDS,
} from "./shape.ts";

/** @throws TypewireError `protocol-invalid` where a type inside `shape`, which stands at `path`, has no values. */
export function assertInhabited(shape: Shape, path: string): void {
  visit(shape, path, inhabitedIn(shape), new Set());
}

function visit(
  shape: Shape,
  path: string,
  inhabited: ReadonlySet<ResolvedShape>,
  seen: Set<ResolvedShape>,
): void {
  const resolved = resolveShape(shape);
  if (resolved === undefined || seen.has(resolved)) return;
  seen.add(resolved);
  const inside = (part: Shape, name: string | number): void =>
    visit(part, appendPointer(path, name), inhabited, seen);
  switch (resolved.kind) {
    case "array":
      assertItems(resolved, path);
      inside(resolved.items, "items");
      break;
    case "tuple":
      resolved.items.forEach(inside);
      break;
    case "object":
      assertProperties(resolved, path);
      for (const { name, shape: part } of resolved.properties) inside(part, name);
      for (const { shape: part } of resolved.entries) inside(part, "values");
      if (typeof resolved.rest === "object") inside(resolved.rest, "additionalProperties");
      break;
    case "union":
      resolved.members.forEach((member, index) => inside(member.shape, index));
      break;
    // The type of an optional property that must not be there.
    case "never":
      return;
    default:
  }
  if (inhabited.has(resolved)) return;
  throw refuse(
    path,
    "no value satisfies this type, since it contains itself without an end; make the way back optional, an array, or a union with Type.Null()",
  );
}

/** The shapes that have values: those that follow from others that have, until no more do. */
function inhabitedIn(shape: Shape): ReadonlySet<ResolvedShape> {
  // Parts stand behind what they are part of, and are known first this way.
  const all = [...shapesIn(shape)].toReversed();
  const inhabited = new Set<ResolvedShape>();
  const has = (part: Shape): boolean => {
    const resolved = resolveShape(part);
    return resolved !== undefined && inhabited.has(resolved);
  };
  let before = -1;
  while (inhabited.size > before) {
    before = inhabited.size;
    for (const part of all) if (hasValue(part, has)) inhabited.add(part);
  }
  return inhabited;
}

function hasValue(shape: ResolvedShape, has: (part: Shape) => boolean): boolean {
  switch (shape.kind) {
    case "never":
      return false;
    case "array":
      return boundOf(shape, "minItems") === 0 || has(shape.items);
    case "tuple":
      return shape.items.every(has);
    case "object":
      return shape.properties.every(({ optional, shape: part }) => optional || has(part));
    case "union":
      return shape.members.some((member) => has(member.shape));
    default:
      return true;
  }
}

/** The greatest of what its schemas ask at least; 0 where they ask nothing. */
function boundOf(shape: ResolvedShape, keyword: string): number {
  return Math.max(0, ...shape.schemas.map((schema) => Number(schema[keyword] ?? 0)));
}

function assertProperties(shape: ObjectShape, path: string): void {
  const least = boundOf(shape, "minProperties");
  const required = shape.properties.filter(({ optional }) => !optional).length;
  const bound = Math.min(
    ...shape.schemas.map((schema) => Number(schema["maxProperties"] ?? Infinity)),
  );
  if (Math.max(least, required) > bound) {
    const asked = least > bound ? `minProperties: ${least}` : `the ${required} that are required`;
    throw refuse(path, `no value has maxProperties: ${bound} and ${asked}`);
  }
  if (shape.entries.length > 0 || typeof shape.rest === "object") return;
  const most = shape.properties.filter(({ shape: part }) => resolveShape(part)?.kind !== "never");
  if (least <= most.length) return;
  throw refuse(
    path,
    `no value has minProperties: ${least}, since the schema describes ${most.length}`,
  );
}

function assertItems(shape: ArrayShape, path: string): void {
  const { contained, items } = shape;
  if (contained !== undefined && contained.least > 0 && areDisjoint(contained.shape, items)) {
    throw refuse(path, "no value satisfies contains, since no item is both of it and of items");
  }
  const least = boundOf(shape, "minItems");
  const isUnique = shape.schemas.some((schema) => schema["uniqueItems"] === true);
  const values = sizeOf(shape.items);
  if (!isUnique || least <= values) return;
  throw refuse(
    path,
    `no value has minItems: ${least} that differ, since an item has ${values} values`,
  );
}

/** Whether no value has both shapes, as far as kinds and literals tell. */
function areDisjoint(a: Shape, b: Shape): boolean {
  if (!VALUE_KINDS.some((kind) => admitsKind(a, kind) && admitsKind(b, kind))) return true;
  const noneFits = (literals: readonly unknown[] | undefined, shape: Shape): boolean =>
    literals?.every((literal) => findFault(shape, literal) !== undefined) ?? false;
  return noneFits(literalsOf(a), b) || noneFits(literalsOf(b), a);
}

/** How many values a shape has, as far as it is easily told; otherwise Infinity. */
function sizeOf(shape: Shape): number {
  const literals = literalsOf(shape);
  if (literals !== undefined) return new Set(literals).size;
  switch (resolveShape(shape)?.kind) {
    case "null":
    case "undefined":
      return 1;
    case "boolean":
      return 2;
    default:
      return Infinity;
  }
}
