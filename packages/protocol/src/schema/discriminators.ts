// Literal properties tell the members of a union apart, as in TypeScript's discriminated unions. All
// that is decided by them is decided here.

import {
  type ObjectShape,
  propertyNamed,
  resolveShape,
  type Shape,
  unionMembers,
  type UnionShape,
} from "./shape.ts";

/** What to do with members of a union that nothing tells apart. */
export const KEEP_APART =
  'keep them apart by a literal property, such as Type.Object({ kind: Type.Literal("a"), … }) and Type.Object({ kind: Type.Literal("b"), … })';

type Literal = string | number | boolean;

/** Required properties whose values are known, with those values. */
export type Discriminators = readonly (readonly [name: string, values: ReadonlySet<unknown>])[];

/** The values of unions of literals, by their shapes. */
const literalSets = new WeakMap<UnionShape, ReadonlySet<Literal>>();

/** The values of a literal or a union of literals; undefined for any other shape. */
export function literalsOf(shape: Shape): readonly Literal[] | undefined {
  const resolved = resolveShape(shape);
  if (resolved?.kind === "literal") return [resolved.value];
  if (resolved?.kind !== "union") return undefined;
  const values: Literal[] = [];
  for (const member of unionMembers(resolved)) {
    const literal = resolveShape(member.shape);
    if (literal?.kind !== "literal") return undefined;
    values.push(literal.value);
  }
  return values;
}

/** As `literalsOf`, each once. */
function literalSetOf(shape: Shape): ReadonlySet<Literal> | undefined {
  const resolved = resolveShape(shape);
  if (resolved?.kind !== "union") return setOf(literalsOf(shape));
  const known = literalSets.get(resolved);
  if (known !== undefined) return known;
  // While shapes are being built a union may not know its literals yet; once it does, they stay.
  const values = setOf(literalsOf(resolved));
  if (values !== undefined) literalSets.set(resolved, values);
  return values;
}

function setOf(values: readonly Literal[] | undefined): ReadonlySet<Literal> | undefined {
  return values && new Set(values);
}

/** The discriminators of an object shape; undefined for a shape that is no object. */
export function discriminatorsOf(shape: Shape): Discriminators | undefined {
  const resolved = resolveShape(shape);
  if (resolved?.kind !== "object") return undefined;
  return resolved.properties.flatMap((property) => {
    const values = property.optional ? undefined : literalSetOf(property.shape);
    return values === undefined ? [] : [[property.name, values] as const];
  });
}

/** Whether an object whose properties `read` gives may be of this shape, as far as literals tell. */
export function admitsObject(
  shape: Shape,
  discriminators: Discriminators | undefined,
  read: (name: string) => unknown,
): boolean {
  if (discriminators === undefined) return resolveShape(shape)?.kind === "any";
  return discriminators.every(([name, values]) => values.has(read(name)));
}

/** A required property of which every one of these shapes knows the values, and all these values. */
export function sharedDiscriminator(
  shapes: readonly Shape[],
): { readonly name: string; readonly values: readonly unknown[] } | undefined {
  const [first, ...others] = shapes.map((shape) => new Map(discriminatorsOf(shape) ?? []));
  for (const [name, own] of first ?? []) {
    const values = others.map((other) => other.get(name));
    if (values.every((each) => each !== undefined))
      return { name, values: [own, ...values].flatMap((each) => [...each]) };
  }
  return undefined;
}

/** Whether a property that both require has no value in common, so that no object is both. */
export function areApart(a: ObjectShape, b: ObjectShape): boolean {
  return a.properties.some((property) => {
    const twin = propertyNamed(b, property.name);
    if (twin === undefined || property.optional || twin.optional) return false;
    const [values, others] = [literalSetOf(property.shape), literalSetOf(twin.shape)];
    return values !== undefined && others !== undefined && values.isDisjointFrom(others);
  });
}

/** Whether one property has other literals in each of these objects, so that no value is of two of them. False where that takes a look at each pair. */
export function areAllApart(shapes: readonly Shape[]): boolean {
  const shared = sharedDiscriminator(shapes);
  return shared !== undefined && new Set(shared.values).size === shared.values.length;
}
