// An intersection of objects is one object, with the properties of all. What else could be intersected is
// refused, since it can be written as one type. Values are not seen here.

import { Kind, type TSchema, Type } from "@sinclair/typebox";

import { appendPointer, refuse } from "../errors.ts";
import { assertBounds } from "./bounds.ts";
import { areApart } from "./discriminators.ts";
import { faultOf } from "./fault.ts";
import {
  isAnything,
  type ObjectShape,
  type Property,
  propertyNamed,
  type ResolvedShape,
  resolveShape,
  type Shape,
  type UnionMember,
  type UnionShape,
} from "./shape.ts";

type Rest = ObjectShape["rest"];

interface Intersection {
  readonly shapes: readonly Shape[];
  /** The schema of each of `shapes`. */
  readonly schemas: readonly TSchema[];
  /** What `unevaluatedProperties` makes of other properties; undefined where it is not given. */
  readonly rest: Rest | undefined;
  /** Where the intersection stands. */
  readonly path: string;
}

/** Where two shapes are joined, and the pairs whose parts they are: shapes may contain themselves. */
interface Place {
  readonly path: string;
  readonly around: readonly (readonly [ResolvedShape, ResolvedShape])[];
}

/** A property of two unions has as many members as pairs that fit; beyond this many it is refused. */
const MAX_UNION_MEMBERS = 256;

const WRITE_ONE = "an intersection joins objects into one object";

/**
 * The one shape of the objects that have all of `shapes`.
 *
 * @throws TypewireError `protocol-invalid` where a member is no object, contains the intersection itself
 * or refuses a property of another, or where two have different types for one property.
 */
export function intersectShapes({ shapes, schemas, rest, path }: Intersection): Shape {
  const objects = shapes.map((shape, index) => {
    const resolved = resolveShape(shape);
    if (resolved === undefined) {
      throw refuse(path, "an intersection cannot contain itself as a member");
    }
    return asObject(resolved, schemas[index], path);
  });
  const [first, ...others] = objects;
  if (first === undefined) throw refuse(path, `${WRITE_ONE}, and this one has no members`);
  const place: Place = { path, around: [] };
  const merged = others.reduce((left, right) => mergeObjects(left, right, place), first);
  if (rest === undefined) return merged;
  if (objects.some((object) => object.rest !== "drop" && object.rest !== rest)) {
    throw refuse(
      path,
      "additionalProperties in a member and unevaluatedProperties say different things; leave additionalProperties out",
    );
  }
  return { ...merged, rest };
}

function asObject(shape: ResolvedShape, schema: TSchema | undefined, path: string): ObjectShape {
  if (shape.kind === "object") return withoutEntries(shape, path);
  if (shape.kind === "union" && shape.members.every(isObjectMember)) {
    throw refuse(
      path,
      `${WRITE_ONE}, and a member is a union of objects; write a union of intersections, one for each member: Type.Union([Type.Object({ a, b }), Type.Object({ a, c })])`,
    );
  }
  if (schema?.[Kind] === "Not") {
    throw refuse(path, `${WRITE_ONE}; leave the Type.Not out, and say by the type what is allowed`);
  }
  throw refuse(
    path,
    `${WRITE_ONE}, and a member is no object but ${shape.kind}; write one type with all constraints, such as Type.String({ minLength: 1, maxLength: 9 }), and for a brand Type.Unsafe<Brand>(Type.String())`,
  );
}

function withoutEntries(shape: ObjectShape, path: string): ObjectShape {
  if (shape.entries.length === 0) return shape;
  throw refuse(path, `${WRITE_ONE}; put the Type.Record under a property of its own`);
}

function isObjectMember({ shape }: { readonly shape: Shape }): boolean {
  return resolveShape(shape)?.kind === "object";
}

function mergeObjects(a: ObjectShape, b: ObjectShape, place: Place): ObjectShape {
  const { path } = place;
  assertRoom(a, b, path);
  assertRoom(b, a, path);
  const properties = a.properties.map((property): Property => {
    const twin = propertyNamed(b, property.name);
    if (twin === undefined) return property;
    return {
      name: property.name,
      optional: property.optional && twin.optional,
      shape: both(property.shape, twin.shape, partOf(place, property.name)),
    };
  });
  for (const property of b.properties) {
    if (propertyNamed(a, property.name) === undefined) properties.push(property);
  }
  const schemas = [...a.schemas, ...b.schemas];
  return {
    kind: "object",
    properties,
    entries: [],
    rest: mergeRest(a.rest, b.rest, path),
    schemas,
  };
}

function partOf({ path, around }: Place, name: string): Place {
  return { path: appendPointer(path, name), around };
}

/** What one member says of further properties, it says of those that only the other one names. */
function assertRoom(member: ObjectShape, other: ObjectShape, path: string): void {
  const { rest } = member;
  if (rest === "drop" || isOpen(rest)) return;
  const name = other.properties.find(
    (each) => propertyNamed(member, each.name) === undefined,
  )?.name;
  if (name === undefined) return;
  const reason =
    rest === "refuse"
      ? "refuses it; leave additionalProperties: false out there, and write unevaluatedProperties: false in the intersection"
      : "has another type for it in additionalProperties; name it there, or use unevaluatedProperties of the intersection";
  throw refuse(path, `one member has the property "${name}", and another ${reason}`);
}

function isOpen(rest: Rest): boolean {
  return typeof rest !== "string" && isAnything(rest);
}

function mergeRest(a: Rest, b: Rest, path: string): Rest {
  if (a === "refuse" || b === "refuse") return "refuse";
  if (a === "drop" || isOpen(a)) return b === "drop" ? a : b;
  if (b === "drop" || isOpen(b)) return a;
  throw refuse(
    path,
    "two members have a type for further properties; write one, as unevaluatedProperties of the intersection",
  );
}

/** The shape of a property that two members name: what satisfies both. */
function both(a: Shape, b: Shape, place: Place): Shape {
  const shape = narrow(a, b, place);
  if (shape === undefined) throw typesDiffer(place.path);
  return shape;
}

function typesDiffer(path: string): Error {
  return refuse(
    path,
    "the members of the intersection have different types for this property; write it in one of them",
  );
}

/**
 * The shape of what has both shapes; undefined where nothing has.
 *
 * @throws TypewireError `protocol-invalid` where it cannot be said as one shape.
 */
function narrow(a: Shape, b: Shape, outer: Place): ResolvedShape | undefined {
  const { path } = outer;
  const [left, right] = [resolveShape(a), resolveShape(b)];
  if (left === undefined || right === undefined) throw typesDiffer(path);
  if (left === right || isWrittenAlike(left, right) || isAnything(right)) return left;
  if (isAnything(left)) return right;
  if (outer.around.some(([one, other]) => one === left && other === right)) {
    throw refuse(
      path,
      "two members have a type that contains itself for one property, and joining them has no end; write the property in one of them",
    );
  }
  const place = { path, around: [...outer.around, [left, right] as const] };
  if (left.kind === "union") return narrowUnion(left, right, place);
  if (right.kind === "union") return narrowUnion(right, left, place);
  if (left.kind === "any" || right.kind === "any") throw typesDiffer(path);
  if (left.kind === "object" && right.kind === "object") {
    if (areApart(left, right)) return undefined;
    return mergeObjects(withoutEntries(left, path), withoutEntries(right, path), place);
  }
  if (isSequence(left) && isSequence(right)) return narrowArrays(left, right, place);
  return narrowLeaf(left, right, path);
}

function narrowArrays(left: ResolvedShape, right: ResolvedShape, place: Place): ResolvedShape {
  const { path } = place;
  if (left.kind !== "array" || right.kind !== "array") throw typesDiffer(path);
  if (left.contained !== undefined && right.contained !== undefined) throw typesDiffer(path);
  const items = both(left.items, right.items, partOf(place, "items"));
  return { ...left, ...right, items, schemas: [...left.schemas, ...right.schemas] };
}

function narrowLeaf(
  left: ResolvedShape,
  right: ResolvedShape,
  path: string,
): ResolvedShape | undefined {
  const schemas = [...left.schemas, ...right.schemas];
  if (left.kind === "literal") {
    // Two unions are hundreds of thousands of pairs.
    if (right.kind === "literal" && left.value !== right.value) return undefined;
    return faultOf(right, left.value) === undefined ? { ...left, schemas } : undefined;
  }
  if (right.kind === "literal") return narrowLeaf(right, left, path);
  const isNarrower =
    left.kind === right.kind || (left.kind === "integer" && right.kind === "number");
  if (!isNarrower && !(left.kind === "number" && right.kind === "integer")) return undefined;
  const narrower = isNarrower ? left : right;
  assertBounds(boundsOfAll(narrower.schemas[0], schemas), path, false);
  return { ...narrower, schemas };
}

/** The members of a union that are left where another shape is asked for as well. */
function narrowUnion(
  union: UnionShape,
  other: ResolvedShape,
  place: Place,
): ResolvedShape | undefined {
  const members = union.members.flatMap((member): readonly UnionMember[] => {
    const shape = narrow(member.shape, other, place);
    if (shape === undefined) return [];
    if (shape.kind === "union") return shape.members;
    return [{ ...member, shape, schema: Type.Intersect([...shape.schemas]) }];
  });
  if (members.length > MAX_UNION_MEMBERS) throw typesDiffer(place.path);
  const [only, ...others] = members;
  if (only === undefined || others.length === 0) return only && resolveShape(only.shape);
  return { kind: "union", members, schemas: [...union.schemas, ...other.schemas] };
}

function isSequence({ kind }: ResolvedShape): boolean {
  return kind === "array" || kind === "tuple";
}

function isWrittenAlike(left: ResolvedShape, right: ResolvedShape): boolean {
  return left.kind === right.kind && isSame(left.schemas, right.schemas);
}

/** The schema of a leaf with the narrowest of the bounds that several schemas give it. */
function boundsOfAll(schema: TSchema | undefined, schemas: readonly TSchema[]): TSchema {
  const bounds: Record<string, unknown> = {};
  for (const [keyword, bound] of schemas.flatMap((each) => Object.entries(each))) {
    const before = bounds[keyword] as number | undefined;
    const isNarrower =
      before === undefined ||
      (/^(exclusiveM|m)in/.test(keyword) && (bound as number) > before) ||
      (/^(exclusiveM|m)ax/.test(keyword) && (bound as number) < before);
    if (isNarrower) bounds[keyword] = bound;
  }
  return { ...bounds, [Kind]: schema?.[Kind] } as unknown as TSchema;
}

/** Whether two schemas, or what stands in them, are written alike. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const keys = Reflect.ownKeys(a);
  return (
    keys.length === Reflect.ownKeys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isSame(Reflect.get(a, key), Reflect.get(b, key)))
  );
}
