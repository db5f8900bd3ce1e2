// Types of which there is no value because of how they stand inside each other: one that contains itself
// without an end, one that needs more properties or more different items than there are. Looked at when
// all shapes of a message are built; what a type asks by itself is looked at in `bounds.ts`.

import { appendPointer, refuse } from "../errors.ts";
import { literalsOf } from "./discriminators.ts";
import { faultOf } from "./fault.ts";
import {
  admitsKind,
  type ArrayShape,
  type ObjectShape,
  partsOf,
  type ResolvedShape,
  resolveShape,
  type Shape,
  unnamedParts,
  VALUE_KINDS,
} from "./shape.ts";

/** Which shapes have values. What stands in several of the shapes that are looked at is looked at once. */
export class Inhabitants {
  /** Shapes that have values. */
  readonly #inhabited = new Set<ResolvedShape>();
  /** Shapes of which that is known, as it is of all that stands inside them. */
  readonly #known = new Set<ResolvedShape>();

  /** @throws TypewireError `protocol-invalid` where a type inside `shape`, which stands at `path`, has no values. */
  assertIn(shape: Shape, path: string): void {
    const added: ResolvedShape[] = [];
    this.#learn(shape, added);
    this.#settle(added);
    this.#visit(shape, path, new Set(added));
  }

  /** Adds the shapes in `shape` that were not known to `added`, each before its parts. */
  #learn(shape: Shape, added: ResolvedShape[]): void {
    const resolved = resolveShape(shape);
    if (resolved === undefined || this.#known.has(resolved)) return;
    this.#known.add(resolved);
    added.push(resolved);
    for (const part of partsOf(resolved)) this.#learn(part, added);
    if (resolved.kind === "array" && resolved.contained !== undefined) {
      this.#learn(resolved.contained.shape, added);
    }
  }

  /** Finds those that have values: those that follow from others that have, until no more do. */
  #settle(added: readonly ResolvedShape[]): void {
    const has = (part: Shape): boolean => {
      const resolved = resolveShape(part);
      return resolved !== undefined && this.#inhabited.has(resolved);
    };
    // Parts stand behind what they are part of, and are known first this way.
    let open = added.toReversed();
    let before = Infinity;
    while (open.length > 0 && open.length < before) {
      before = open.length;
      open = open.filter((shape) => {
        if (!hasValue(shape, has)) return true;
        this.#inhabited.add(shape);
        return false;
      });
    }
  }

  /** Looks at those of `fresh`, which are taken out of it. */
  #visit(shape: Shape, path: string, fresh: Set<ResolvedShape>): void {
    const resolved = resolveShape(shape);
    if (resolved === undefined || !fresh.delete(resolved)) return;
    const inside = (part: Shape, name: string | number): void =>
      this.#visit(part, appendPointer(path, name), fresh);
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
    if (this.#inhabited.has(resolved)) return;
    throw refuse(
      path,
      "no value satisfies this type, since it contains itself without an end; make the way back optional, an array, or a union with Type.Null()",
    );
  }
}

function hasValue(shape: ResolvedShape, has: (part: Shape) => boolean): boolean {
  switch (shape.kind) {
    case "never":
      return false;
    case "array": {
      const { contained, items } = shape;
      const asksItem = contained !== undefined && contained.least > 0;
      if (asksItem && !(has(items) && has(contained.shape))) return false;
      return boundOf(shape, "minItems") === 0 || has(items);
    }
    case "tuple":
      return shape.items.every(has);
    case "object": {
      if (!shape.properties.every(({ optional, shape: part }) => optional || has(part)))
        return false;
      const named = shape.properties.filter(({ shape: part }) => has(part)).length;
      return boundOf(shape, "minProperties") <= named || unnamedParts(shape).some(has);
    }
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
    literals?.every((literal) => faultOf(shape, literal) !== undefined) ?? false;
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
