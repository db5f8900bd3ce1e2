// Unions that contain themselves. One that is its own member says nothing; one whose members both lead
// back to it by the same property takes a check twice as long at each level of nesting, so that a
// message of a hundred bytes would hold a reader for hours. Both are refused when the protocol is defined.

import { refuse } from "../errors.ts";
import { areAllApart, areApart, KEEP_APART } from "./discriminators.ts";
import {
  type ObjectShape,
  partsOf,
  type ResolvedShape,
  resolveShape,
  type Shape,
  shapesIn,
  shapesUnder,
  unionMembers,
  type UnionShape,
  unnamedParts,
} from "./shape.ts";

/** @throws TypewireError `protocol-invalid` where `union` cannot be judged in time linear in the message. */
export function assertTractable(union: UnionShape, path: string): void {
  if (isOwnMember(union)) throw refuse(path, "a union cannot be a member of itself");
  const members = unionMembers(union).flatMap((member): readonly ResolvedShape[] => {
    const resolved = resolveShape(member.shape);
    return resolved === undefined || partsOf(resolved).length === 0 ? [] : [resolved];
  });
  if (areAllApart(members)) return;
  members.forEach((member, index) => {
    for (const other of members.slice(index + 1)) {
      if (pairsInside(member, other).some((pair) => pair.every((part) => reaches(part, union)))) {
        throw refuse(
          path,
          "two members lead back to this union by the same property, so telling them apart could take " +
            `exponential time; ${KEEP_APART}`,
        );
      }
    }
  });
}

/** Whether a union somewhere in `shape` contains itself. */
export function holdsRecursiveUnion(shape: Shape): boolean {
  return [...shapesIn(shape)].some(
    (part) => part.kind === "union" && partsOf(part).some((member) => reaches(member, part)),
  );
}

function isOwnMember(union: UnionShape): boolean {
  const seen = new Set<ResolvedShape>();
  const visit = (shape: UnionShape): boolean =>
    shape.members.some((member) => {
      const resolved = resolveShape(member.shape);
      if (resolved === union) return true;
      if (resolved?.kind !== "union" || seen.has(resolved)) return false;
      seen.add(resolved);
      return visit(resolved);
    });
  return visit(union);
}

function reaches(shape: Shape, target: UnionShape): boolean {
  return shapesIn(shape).has(target);
}

/** The shapes that one part of a value would be tried with, where the value may be of both shapes. */
function pairsInside(a: ResolvedShape, b: ResolvedShape): readonly (readonly Shape[])[] {
  if (a.kind === "object" && b.kind === "object") return areApart(a, b) ? [] : pairsOfObjects(a, b);
  if ((a.kind !== "array" && a.kind !== "tuple") || (b.kind !== "array" && b.kind !== "tuple")) {
    return [];
  }
  if (a.kind === "tuple" && b.kind === "tuple" && a.items.length !== b.items.length) return [];
  return cross(partsOf(a), partsOf(b));
}

function pairsOfObjects(a: ObjectShape, b: ObjectShape): readonly (readonly Shape[])[] {
  const names = new Set([...a.properties, ...b.properties].map((property) => property.name));
  return [
    ...[...names].flatMap((name) => cross(shapesUnder(a, name), shapesUnder(b, name))),
    ...cross(unnamedParts(a), unnamedParts(b)),
  ];
}

function cross(left: readonly Shape[], right: readonly Shape[]): readonly (readonly Shape[])[] {
  return left.flatMap((a) => right.map((b) => [a, b]));
}
