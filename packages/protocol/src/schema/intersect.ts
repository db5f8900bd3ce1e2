// Merges the members of an intersection into one shape: objects become one object, a union is
// distributed over the rest, leaves of one kind gather their constraints. What nothing can satisfy
// becomes `never`. Values are not seen here; the check by the schema stays the judge of them.

import { type TSchema, Type } from "@sinclair/typebox";

import { refuse } from "../errors.ts";
import {
  type Entries,
  type ObjectShape,
  type Property,
  propertyNamed,
  type ResolvedShape,
  resolveShape,
  type Shape,
} from "./shape.ts";

/** Distribution multiplies; past this many members an intersection is refused rather than built. */
const MAX_UNION_MEMBERS = 256;

interface Intersection {
  readonly shapes: readonly Shape[];
  /** The schema of each of `shapes`. */
  readonly schemas: readonly TSchema[];
  /** The intersection itself. */
  readonly schema: TSchema;
  /** What it makes of properties that no member names. */
  readonly rest: "drop" | "refuse" | Shape;
  readonly references: readonly TSchema[];
  readonly path: string;
}

interface Part {
  readonly shape: ResolvedShape;
  readonly schema: TSchema;
}

/**
 * The one shape of values that have all of `shapes`.
 *
 * @throws TypewireError `protocol-invalid` where a member contains the intersection itself, where two
 * records differ in their keys, or where distribution would exceed 256 members.
 */
export function intersectShapes(intersection: Intersection): Shape {
  const { path } = intersection;
  const parts = intersection.shapes.map((shape, index): Part => {
    const resolved = resolveShape(shape);
    const schema = intersection.schemas[index];
    if (resolved === undefined || schema === undefined) {
      throw refuse(path, "an intersection cannot contain itself as a member");
    }
    return { shape: resolved, schema };
  });
  const merged = parts.reduce((left, right) => intersect(left, right, intersection));
  return withRest(merged.shape, intersection.rest);
}

function intersect(left: Part, right: Part, within: Intersection): Part {
  const schema = Type.Intersect([left.schema, right.schema]);
  return { schema, shape: intersectResolved(left, right, within) };
}

function intersectResolved(left: Part, right: Part, within: Intersection): ResolvedShape {
  const [a, b] = [left.shape, right.shape];
  const schemas = [...a.schemas, ...b.schemas];
  if (a.kind === "union") return distribute(a.schemas, a.members, right, within);
  if (b.kind === "union") return distribute(b.schemas, b.members, left, within);
  if (a.kind === "any") return { ...b, schemas };
  if (b.kind === "any") return { ...a, schemas };
  if (a.kind === "object" && b.kind === "object") return mergeObjects(a, b, within);
  if (a.kind === "array" && b.kind === "array") {
    return { kind: "array", items: both(a.items, b.items, within), schemas };
  }
  if (a.kind === "tuple" && (b.kind === "tuple" || b.kind === "array")) {
    if (b.kind === "tuple" && a.items.length !== b.items.length) return { kind: "never", schemas };
    const items = a.items.map((item, index) =>
      both(item, (b.kind === "array" ? b.items : b.items[index]) ?? item, within),
    );
    return { kind: "tuple", items, schemas };
  }
  if (a.kind === "array" && b.kind === "tuple") return intersectResolved(right, left, within);
  if (a.kind === "literal" && admitsLiteral(b, a.value)) return { ...a, schemas };
  if (b.kind === "literal" && admitsLiteral(a, b.value)) return { ...b, schemas };
  if (a.kind === b.kind && a.kind !== "literal") return { ...a, schemas };
  if (a.kind === "integer" && b.kind === "number") return { ...a, schemas };
  if (a.kind === "number" && b.kind === "integer") return { ...b, schemas };
  return { kind: "never", schemas };
}

function both(a: Shape, b: Shape, within: Intersection): Shape {
  if (a === b) return a;
  return intersectShapes({
    ...within,
    shapes: [a, b],
    schemas: [schemaOf(a), schemaOf(b)],
    rest: "drop",
  });
}

function schemaOf(shape: Shape): TSchema {
  const schemas = resolveShape(shape)?.schemas ?? [];
  return Type.Intersect([...schemas]);
}

function admitsLiteral(shape: ResolvedShape, value: string | number | boolean): boolean {
  switch (shape.kind) {
    case "literal":
      return shape.value === value;
    case "text":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
    case "number":
      return typeof value === "number";
    case "integer":
      return Number.isInteger(value);
    default:
      return false;
  }
}

function distribute(
  schemas: readonly TSchema[],
  members: readonly { readonly shape: Shape; readonly schema: TSchema }[],
  other: Part,
  within: Intersection,
): ResolvedShape {
  const distributed = members.flatMap((member) => {
    const shape = resolveShape(member.shape);
    if (shape === undefined) {
      throw refuse(within.path, "an intersection cannot contain itself as a member");
    }
    const part = intersect({ shape, schema: member.schema }, other, within);
    if (part.shape.kind === "never") return [];
    if (part.shape.kind === "union") return part.shape.members;
    return [{ ...part, references: within.references }];
  });
  if (distributed.length > MAX_UNION_MEMBERS) {
    throw refuse(
      within.path,
      `an intersection of unions may have ${MAX_UNION_MEMBERS} combinations, this has ${distributed.length}`,
    );
  }
  return { kind: "union", members: distributed, schemas: [...schemas, ...other.shape.schemas] };
}

function mergeObjects(a: ObjectShape, b: ObjectShape, within: Intersection): ObjectShape {
  const properties = a.properties.map((property): Property => {
    const twin = propertyNamed(b, property.name);
    if (twin === undefined) return constrainByEntries(property, b.entries, within);
    return {
      name: property.name,
      optional: property.optional && twin.optional,
      shape: both(property.shape, twin.shape, within),
    };
  });
  for (const property of b.properties) {
    if (propertyNamed(a, property.name) === undefined) {
      properties.push(constrainByEntries(property, a.entries, within));
    }
  }
  return {
    kind: "object",
    properties,
    entries: mergeEntries(a.entries, b.entries, within),
    rest: mergeRest(a.rest, b.rest, within),
    schemas: [...a.schemas, ...b.schemas],
  };
}

/** A property beside a record whose keys include its name has the record's value type as well. */
function constrainByEntries(
  property: Property,
  entries: readonly Entries[],
  within: Intersection,
): Property {
  const covering = entries.find((entry) => entry.pattern.test(property.name));
  if (covering === undefined) return property;
  if (covering.keys === "integer") {
    throw refuse(
      within.path,
      `the property "${property.name}" and a record with integer keys cannot share an object`,
    );
  }
  return { ...property, shape: both(property.shape, covering.shape, within) };
}

function mergeEntries(
  a: readonly Entries[],
  b: readonly Entries[],
  within: Intersection,
): readonly Entries[] {
  const [first, second] = [a[0], b[0]];
  if (first === undefined) return b;
  if (second === undefined) return a;
  if (first.pattern.source !== second.pattern.source) {
    throw refuse(within.path, "an intersection of two records needs the same keys in both");
  }
  return [{ ...first, shape: both(first.shape, second.shape, within) }];
}

function mergeRest(
  a: ObjectShape["rest"],
  b: ObjectShape["rest"],
  within: Intersection,
): ObjectShape["rest"] {
  if (a === "refuse" || b === "refuse") return "refuse";
  if (a === "drop") return b;
  if (b === "drop") return a;
  return both(a, b, within);
}

function withRest(shape: ResolvedShape, rest: ObjectShape["rest"]): ResolvedShape {
  if (rest === "drop") return shape;
  if (shape.kind === "object") return { ...shape, rest };
  if (shape.kind !== "union") return shape;
  const members = shape.members.map((member) => {
    const resolved = resolveShape(member.shape);
    return resolved === undefined ? member : { ...member, shape: withRest(resolved, rest) };
  });
  return { ...shape, members };
}
