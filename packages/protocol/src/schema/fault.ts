// Finds the first fault of a value against a shape, and words it: the one place where a mismatch of
// values is explained. The walk judges how the parts fit together; what a value is by itself is
// `own-fault.ts`'s. A union is entered by its literal properties, so the walk takes linear time where
// TypeBox would try every member of a recursive union at every level.

import { appendPointer, schemaMismatch, type TypewireError } from "../errors.ts";
import { describeKind, isMap } from "./describe-kind.ts";
import { literalsOf } from "./discriminators.ts";
import { MemberIndex } from "./member-index.ts";
import { ownFault } from "./own-fault.ts";
import { describedParts, isPresent, namedParts } from "./parts.ts";
import {
  type ArrayShape,
  type LeafShape,
  type ObjectShape,
  propertyNamed,
  resolveShape,
  type Shape,
  type UnionMember,
  unionMembers,
  type UnionShape,
  type ValueKind,
} from "./shape.ts";
import { repetitionIn } from "./unique-items.ts";

type Fields = Readonly<Record<string, unknown>>;
type Fault = TypewireError | undefined;

/** The first fault of `value`, by path and kind, never the value itself; undefined where it has none. */
export function findFault(shape: Shape, value: unknown): Fault {
  return faultAt(shape, value, "");
}

function faultAt(shape: Shape, value: unknown, path: string): Fault {
  const resolved = resolveShape(shape);
  if (resolved === undefined) return undefined;
  if (resolved.kind === "union") return faultInUnion(resolved, value, path);
  // TypeBox takes any object for one, dates and bytes included.
  if (resolved.kind === "object" && !isMap(value)) {
    return schemaMismatch(path, "map", describeKind(value));
  }
  const own = firstFault(resolved.schemas, (schema) => ownFault(schema, value, path));
  if (own !== undefined) return own;
  switch (resolved.kind) {
    case "object":
      // A property that has no place is not counted, and is what is wrong where too few are.
      return (
        faultInObject(resolved, value as Fields, path) ??
        faultInCount(resolved, value as Fields, path)
      );
    case "array":
      return (
        faultInContained(resolved, value as readonly unknown[], path) ??
        faultInItems(value as readonly unknown[], () => resolved.items, path) ??
        faultInRepeated(resolved, value as readonly unknown[], path)
      );
    case "any":
      return faultInExcluded(resolved, value, path);
    case "tuple":
      return faultInItems(value as readonly unknown[], (index) => resolved.items[index], path);
    case "never":
      return schemaMismatch(path, "nothing", describeKind(value));
    default:
      return undefined;
  }
}

function faultInItems(
  items: readonly unknown[],
  shapeAt: (index: number) => Shape | undefined,
  path: string,
): Fault {
  for (let index = 0; index < items.length; index += 1) {
    const shape = shapeAt(index);
    if (shape === undefined) continue;
    const fault = faultAt(shape, items[index], appendPointer(path, index));
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** What is wrong with the number of items that have a shape of their own. */
function faultInContained(
  { contained }: ArrayShape,
  items: readonly unknown[],
  path: string,
): Fault {
  if (contained === undefined) return undefined;
  const { shape, least, most } = contained;
  const count = items.filter((item) => findFault(shape, item) === undefined).length;
  const expected = (bound: string): Fault =>
    schemaMismatch(path, `list to contain ${bound}`, describeKind(items));
  if (count === 0 && least === 1) return expected("at least one matching value");
  if (count < least) return expected(`at least ${least} matching values`);
  return count > most ? expected(`no more than ${most} matching values`) : undefined;
}

/** What is wrong with items that have to differ. */
function faultInRepeated({ schemas }: ArrayShape, items: readonly unknown[], path: string): Fault {
  if (!schemas.some((schema) => schema["uniqueItems"] === true)) return undefined;
  const repetition = repetitionIn(items);
  if (repetition === undefined) return undefined;
  const { index, first } = repetition;
  const place = appendPointer(path, index);
  return schemaMismatch(place, "an item unlike all others", `one that is equal to item ${first}`);
}

function faultInExcluded({ excluded }: LeafShape, value: unknown, path: string): Fault {
  if (excluded === undefined || findFault(excluded, value) !== undefined) return undefined;
  return schemaMismatch(path, "a value that is not excluded", describeKind(value));
}

function faultInObject(shape: ObjectShape, fields: Fields, path: string): Fault {
  return (
    firstFault(shape.properties, ({ name, optional, shape: part }) => {
      const propertyPath = appendPointer(path, name);
      // Every object inherits a toString, so properties of such names count only when they are own ones.
      const present = name in Object.prototype ? Object.hasOwn(fields, name) : name in fields;
      if (optional && (!present || fields[name] === undefined)) return undefined;
      if (!present) return schemaMismatch(propertyPath, "a required property", "nothing");
      return faultAt(part, fields[name], propertyPath);
    }) ??
    firstFault(Object.keys(fields), (key) => {
      if (propertyNamed(shape, key) !== undefined) return undefined;
      const entries = shape.entries.find(({ pattern }) => pattern.test(key));
      if (entries !== undefined)
        return faultAt(entries.shape, fields[key], appendPointer(path, key));
      if (shape.rest === "drop") return undefined;
      const keyPath = appendPointer(path, key);
      return shape.rest === "refuse"
        ? outOfPlace(shape, fields[key], keyPath)
        : faultAt(shape.rest, fields[key], keyPath);
    })
  );
}

/** What is wrong with the number of properties that travel. */
function faultInCount(shape: ObjectShape, fields: Fields, path: string): Fault {
  return firstFault(shape.schemas, (schema) => {
    const { minProperties: least, maxProperties: most } = schema as Partial<Record<string, number>>;
    if (least === undefined && most === undefined) return undefined;
    const count = namedParts(shape, fields).length + describedParts(shape, fields).length;
    if (least !== undefined && count < least) {
      const expected = `map to have at least ${least} properties`;
      return schemaMismatch(path, expected, describeKind(fields));
    }
    if (most === undefined || count <= most) return undefined;
    const expected = `map to have no more than ${most} properties`;
    return schemaMismatch(path, expected, describeKind(fields));
  });
}

/** The error for a property that has no place in an object of this shape. */
export function outOfPlace(shape: ObjectShape, value: unknown, path: string): TypewireError {
  const [entries] = shape.entries;
  if (entries === undefined) return schemaMismatch(path, "no such property", describeKind(value));
  const expected = entries.keys === "integer" ? "an integer key" : "a key of the record";
  return schemaMismatch(path, expected, "another one");
}

/** The members of unions, by their shapes: sorted once, since a walk asks at every value. */
const indexes = new WeakMap<UnionShape, MemberIndex<UnionMember>>();

function indexOf(shape: UnionShape): MemberIndex<UnionMember> {
  let index = indexes.get(shape);
  if (index === undefined) {
    index = new MemberIndex(unionMembers(shape));
    indexes.set(shape, index);
  }
  return index;
}

/** The fault inside the one member that the value may be of; where there are several, or none, what all of them are. */
function faultInUnion(shape: UnionShape, value: unknown, path: string): Fault {
  const index = indexOf(shape);
  if (index.literals.has(value)) return undefined;
  const kind = kindOf(value);
  const { members, tried } = alikeIn(index, kind, value);
  const [only] = members;
  if (only !== undefined && members.length === 1) return faultAt(only.shape, value, path);
  if (tried.some((member) => faultAt(member.shape, value, path) === undefined)) return undefined;
  if (members.length === 0 && kind === "object") {
    const known = index.discriminator;
    if (known !== undefined) {
      const { [known.name]: given } = value as Fields;
      const received = isPresent(value as Fields, known.name) ? describeKind(given) : "nothing";
      return schemaMismatch(appendPointer(path, known.name), oneOf(known.values), received);
    }
  }
  const literals = literalsOf(shape);
  const expected = literals === undefined ? "a member of the union" : oneOf(literals);
  return schemaMismatch(path, expected, describeKind(value));
}

/** The members that a value may be of, as far as its kind and literals tell, and those that it has to be tried with. */
function alikeIn(
  index: MemberIndex<UnionMember>,
  kind: ValueKind | undefined,
  value: unknown,
): { readonly members: readonly UnionMember[]; readonly tried: readonly UnionMember[] } {
  if (kind === undefined) return { members: [], tried: [] };
  if (kind !== "object") return index.ofKind(kind);
  const members = index.ofObject((name) => (value as Fields)[name]);
  return { members, tried: members };
}

/** Up to so many literals are listed. */
const LISTED = 8;

/** `"a", "b" or 3`, from the schema. */
function oneOf(literals: readonly unknown[]): string {
  const distinct = [...new Set(literals)];
  const unique = distinct.slice(0, LISTED).map((each) => JSON.stringify(each));
  if (distinct.length > LISTED) return `one of ${unique.join(", ")}, …`;
  const last = unique.pop() ?? "nothing";
  return unique.length === 0 ? last : `${unique.join(", ")} or ${last}`;
}

/** What kind of value this is; undefined for what no schema describes. */
function kindOf(value: unknown): ValueKind | undefined {
  switch (typeof value) {
    case "string":
      return "text";
    case "undefined":
    case "boolean":
    case "number":
    case "bigint":
      return typeof value as ValueKind;
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value)) return "array";
      if (value instanceof Date) return "date";
      if (value instanceof Uint8Array) return "bytes";
      return isMap(value) ? "object" : undefined;
    default:
      return undefined;
  }
}

function firstFault<Part>(parts: readonly Part[], find: (part: Part) => Fault): Fault {
  for (const part of parts) {
    const fault = find(part);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
