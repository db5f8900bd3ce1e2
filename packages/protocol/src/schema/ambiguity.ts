// Without tags, the schema alone says what a value means: 5 is a number, a Date or a BigInt as the
// schema has it. A union in which one wire value could mean two different things is therefore refused
// when the protocol is defined. This file finds such unions; it errs on the side of refusing.

import { appendPointer, refuse } from "../errors.ts";
import { areAllApart, areApart, KEEP_APART } from "./discriminators.ts";
import { assertTractable } from "./recursion.ts";
import {
  type ObjectShape,
  type ResolvedShape,
  resolveShape,
  type Shape,
  shapesUnder,
  type UnionShape,
  unnamedParts,
} from "./shape.ts";

/**
 * Looks at what is not among `seen`, which it adds to.
 *
 * @throws TypewireError `protocol-invalid` where two members of a union inside `shape` would give
 * different values for the same bytes, or where a union leads back to itself without an end.
 */
export function assertUnambiguous(
  shape: Shape,
  path: string,
  seen: Set<ResolvedShape> = new Set(),
): void {
  visit(shape, path, seen);
}

function visit(shape: Shape, path: string, seen: Set<ResolvedShape>): void {
  const resolved = resolveShape(shape);
  if (resolved === undefined || seen.has(resolved)) return;
  seen.add(resolved);
  switch (resolved.kind) {
    case "array":
      visit(resolved.items, appendPointer(path, "items"), seen);
      return;
    case "tuple":
      resolved.items.forEach((item, index) => visit(item, appendPointer(path, index), seen));
      return;
    case "object":
      for (const { name, shape: part } of resolved.properties) {
        visit(part, appendPointer(path, name), seen);
      }
      for (const { shape: part } of resolved.entries)
        visit(part, appendPointer(path, "values"), seen);
      if (typeof resolved.rest === "object") visit(resolved.rest, path, seen);
      return;
    case "union":
      assertTractable(resolved, path);
      assertMembersApart(resolved, path);
      resolved.members.forEach((member, index) =>
        visit(member.shape, appendPointer(path, index), seen),
      );
      return;
    default:
  }
}

function assertMembersApart({ members }: UnionShape, path: string): void {
  const compared = comparedMembers(members.map((member) => member.shape));
  const isObject = (shape: Shape): boolean => resolveShape(shape)?.kind === "object";
  const objects = new Set(compared.filter(isObject));
  const objectsAreApart = areAllApart([...objects]);
  compared.forEach((member, index) => {
    const isApart = objectsAreApart && objects.has(member);
    for (let next = index + 1; next < compared.length; next += 1) {
      const other = compared[next];
      if (other === undefined || (isApart && objects.has(other))) continue;
      const clash = new Comparison().clash(member, other);
      if (clash !== undefined) throw refuse(path, `${clash}; ${KEEP_APART}`);
    }
  });
}

/** The members without literals that clash with nothing, and of those that are numbers the first: so do all. */
function comparedMembers(members: readonly Shape[]): readonly Shape[] {
  let hasNumber = false;
  return members.filter((member) => {
    const resolved = resolveShape(member);
    if (resolved?.kind !== "literal") return true;
    if (typeof resolved.value !== "number" || hasNumber) return false;
    hasNumber = true;
    return true;
  });
}

/** What a leaf becomes in JavaScript, where several kinds share a form on the wire. */
function meaningOf(
  shape: ResolvedShape,
): "a number" | "a Date" | "a BigInt" | "unknown" | undefined {
  switch (shape.kind) {
    case "number":
    case "integer":
      return "a number";
    case "literal":
      return typeof shape.value === "number" ? "a number" : undefined;
    case "date":
      return "a Date";
    case "bigint":
      return "a BigInt";
    case "any":
      return "unknown";
    default:
      return undefined;
  }
}

/** One comparison of two union members; remembers the pairs under way, since shapes may contain themselves. */
class Comparison {
  readonly #underWay = new Map<ResolvedShape, Set<ResolvedShape>>();

  /** Why some bytes would mean different values under `left` and `right`; undefined when none do. */
  clash(left: Shape, right: Shape): string | undefined {
    const [a, b] = [resolveShape(left), resolveShape(right)];
    if (a === undefined || b === undefined || a === b || !this.#begin(a, b)) return undefined;
    if (a.kind === "union") return this.#first(a.members, (member) => this.clash(member.shape, b));
    if (b.kind === "union") return this.#first(b.members, (member) => this.clash(a, member.shape));
    if (a.kind === "any" || b.kind === "any") return clashWithUnknown(a.kind === "any" ? b : a);
    if (isSequence(a) && isSequence(b)) {
      if (a.kind === "tuple" && b.kind === "tuple" && a.items.length !== b.items.length) {
        return undefined;
      }
      return this.#first(itemsOf(a), (item) =>
        this.#first(itemsOf(b), (other) => this.clash(item, other)),
      );
    }
    if (a.kind === "object" && b.kind === "object") {
      return areApart(a, b) ? undefined : this.#clashOfObjects(a, b);
    }
    const [meaning, other] = [meaningOf(a), meaningOf(b)];
    if (meaning === undefined || other === undefined || meaning === other) return undefined;
    return `${meaning} and ${other} are the same bytes, so a union of both cannot travel`;
  }

  #clashOfObjects(a: ObjectShape, b: ObjectShape): string | undefined {
    const names = new Set([...a.properties, ...b.properties].map((property) => property.name));
    return (
      this.#first([...names], (name) =>
        this.#first(shapesUnder(a, name), (shape) =>
          this.#first(shapesUnder(b, name), (other) => this.clash(shape, other)),
        ),
      ) ??
      this.#first(unnamedParts(a), (shape) =>
        this.#first(unnamedParts(b), (other) => this.clash(shape, other)),
      )
    );
  }

  #first<Part>(
    parts: readonly Part[],
    find: (part: Part) => string | undefined,
  ): string | undefined {
    for (const part of parts) {
      const found = find(part);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #begin(a: ResolvedShape, b: ResolvedShape): boolean {
    const partners = this.#underWay.get(a) ?? new Set();
    if (partners.has(b)) return false;
    this.#underWay.set(a, partners.add(b));
    return true;
  }
}

function isSequence(shape: ResolvedShape): shape is ResolvedShape & { kind: "array" | "tuple" } {
  return shape.kind === "array" || shape.kind === "tuple";
}

function itemsOf(shape: ResolvedShape & { kind: "array" | "tuple" }): readonly Shape[] {
  return shape.kind === "array" ? [shape.items] : shape.items;
}

/** `Type.Unknown` reads every integer as a number, so it clashes with what reads one otherwise, at any depth. */
function clashWithUnknown(shape: ResolvedShape): string | undefined {
  const seen = new Set<ResolvedShape>();
  const revives = (part: Shape): boolean => {
    const resolved = resolveShape(part);
    if (resolved === undefined || seen.has(resolved)) return false;
    seen.add(resolved);
    switch (resolved.kind) {
      case "date":
      case "bigint":
        return true;
      case "array":
      case "tuple":
        return itemsOf(resolved).some(revives);
      case "object":
        return (
          resolved.properties.some((property) => revives(property.shape)) ||
          unnamedParts(resolved).some(revives)
        );
      case "union":
        return resolved.members.some((member) => revives(member.shape));
      default:
        return false;
    }
  };
  return revives(shape)
    ? "a Date or BigInt and an unknown value are the same bytes, so a union of both cannot travel"
    : undefined;
}
