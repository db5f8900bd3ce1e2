// Finds the first fault of a value against a shape, and words it: the one place where a mismatch of
// values is explained. The walk judges how the parts fit together; what a value is by itself is
// `own-fault.ts`'s. A union is entered by its literal properties, so the walk takes linear time where
// TypeBox would try every member of a recursive union at every level.

import { appendPointer, type TypewireError } from "../errors.ts";
import { describeKind, isMap } from "./describe-kind.ts";
import {
  anyOf,
  anyOfLiterals,
  type Fault,
  kindsExpected,
  nearestFault,
  toError,
} from "./fault-words.ts";
import { literalsOf } from "./discriminators.ts";
import { MemberIndex } from "./member-index.ts";
import { ownFault } from "./own-fault.ts";
import { isPresent, readObject } from "./parts.ts";
import {
  admitsKind,
  type ArrayShape,
  type LeafShape,
  type ObjectShape,
  propertyNamed,
  type ResolvedShape,
  resolveShape,
  type Shape,
  type UnionMember,
  unionMembers,
  type UnionShape,
  type ValueKind,
} from "./shape.ts";
import { repetitionIn } from "./unique-items.ts";

type Fields = Readonly<Record<string, unknown>>;
type Found = Fault | undefined;

/** The first fault of `value`, by path and kind, never the value itself; undefined where it has none. */
export function findFault(shape: Shape, value: unknown): TypewireError | undefined {
  const fault = faultAt(shape, value, "");
  return fault && toError(fault);
}

/** As `findFault`, before it is an error; for those that ask about many values, or compare faults. */
export function faultOf(shape: Shape, value: unknown): Fault | undefined {
  return faultAt(shape, value, "");
}

function faultAt(shape: Shape, value: unknown, path: string): Found {
  const resolved = resolveShape(shape);
  if (resolved === undefined) return undefined;
  if (resolved.kind === "union") return faultInUnion(resolved, value, path);
  // TypeBox takes any object for one, dates and bytes included.
  if (resolved.kind === "object" && !isMap(value)) {
    return { path, expected: "map", received: describeKind(value) };
  }
  const own = faultByItself(resolved, value, path);
  if (own !== undefined) return own;
  switch (resolved.kind) {
    case "object":
      // A property that has no place is not counted, and is what is wrong where too few are.
      return (
        faultInObject(resolved, value as Fields, path) ??
        faultOfCount(resolved, () => readObject(resolved, value as Fields).parts.length, path)
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
      return { path, expected: "nothing", received: describeKind(value) };
    default:
      return undefined;
  }
}

/** What is wrong with a value of this shape, which is no union, by itself: not with its parts or their number. */
export function faultByItself({ schemas }: ResolvedShape, value: unknown, path: string): Found {
  return firstFault(schemas, (schema) => ownFault(schema, value, path));
}

function faultInItems(
  items: readonly unknown[],
  shapeAt: (index: number) => Shape | undefined,
  path: string,
): Found {
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
): Found {
  if (contained === undefined) return undefined;
  const { shape, least, most } = contained;
  const count = items.filter((item) => faultOf(shape, item) === undefined).length;
  const expected = (bound: string): Found => ({
    path,
    expected: `list to contain ${bound}`,
    received: describeKind(items),
  });
  if (count === 0 && least === 1) return expected("at least one matching value");
  if (count < least) return expected(`at least ${least} matching values`);
  return count > most ? expected(`no more than ${most} matching values`) : undefined;
}

/** What is wrong with items that have to differ. */
function faultInRepeated({ schemas }: ArrayShape, items: readonly unknown[], path: string): Found {
  if (!schemas.some((schema) => schema["uniqueItems"] === true)) return undefined;
  const repetition = repetitionIn(items);
  if (repetition === undefined) return undefined;
  const { index, first } = repetition;
  return {
    path: appendPointer(path, index),
    expected: "an item unlike all others",
    received: `one that is equal to item ${first}`,
  };
}

function faultInExcluded({ excluded }: LeafShape, value: unknown, path: string): Found {
  if (excluded === undefined || faultOf(excluded, value) !== undefined) return undefined;
  return { path, expected: "a value that is not excluded", received: describeKind(value) };
}

function faultInObject(shape: ObjectShape, fields: Fields, path: string): Found {
  return (
    firstFault(shape.properties, ({ name, optional, shape: part }) => {
      const propertyPath = appendPointer(path, name);
      const present = isPresent(fields, name);
      if (optional && (!present || fields[name] === undefined)) return undefined;
      if (!present) return missing(propertyPath);
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

/** What is wrong with the number of properties that travel, which is counted where it matters. */
export function faultOfCount({ schemas }: ObjectShape, countOf: () => number, path: string): Found {
  return firstFault(schemas, (schema) => {
    const { minProperties: least, maxProperties: most } = schema as Partial<Record<string, number>>;
    if (least === undefined && most === undefined) return undefined;
    const count = countOf();
    const expected = (bound: string): Found => ({
      path,
      expected: `map to have ${bound} properties`,
      received: "map",
    });
    if (least !== undefined && count < least) return expected(`at least ${least}`);
    return most === undefined || count <= most ? undefined : expected(`no more than ${most}`);
  });
}

function missing(path: string): Fault {
  return { path, expected: "a required property", received: "nothing", property: "missing" };
}

/** The fault of a property that has no place in an object of this shape. */
function outOfPlace(shape: ObjectShape, value: unknown, path: string): Fault {
  const [entries] = shape.entries;
  const property = "out of place";
  if (entries === undefined) {
    return { path, expected: "no such property", received: describeKind(value), property };
  }
  const expected =
    entries.keys === "integer"
      ? "an integer key"
      : `a key that matches '${entries.pattern.source}'`;
  return { path, expected, received: "another one", property };
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

/** The fault inside the member that the value may be of; of several, inside the one that it fits furthest. */
function faultInUnion(shape: UnionShape, value: unknown, path: string): Found {
  const index = indexOf(shape);
  if (index.literals.has(value)) return undefined;
  const kind = kindOf(value);
  const { members, tried } = alikeIn(index, kind, value);
  const faults: Fault[] = [];
  for (const member of tried) {
    const fault = faultAt(member.shape, value, path);
    if (fault === undefined) return undefined;
    faults.push(fault);
  }
  if (members.length === 0 && kind === "object") {
    const known = index.discriminator;
    if (known !== undefined) {
      const { [known.name]: given } = value as Fields;
      const received = isPresent(value as Fields, known.name) ? describeKind(given) : "nothing";
      const place = appendPointer(path, known.name);
      return { path: place, expected: anyOfLiterals(known.values), received };
    }
  }
  const nearest = nearestFault(faults, path);
  if (nearest === undefined) return ofNoMember(shape, value, path);
  const literals = members.filter((member) => !tried.includes(member));
  if (literals.length === 0 || nearest.path !== path) return nearest;
  const words = literals.flatMap((member) => literalsOf(member.shape) ?? []);
  return { ...nearest, expected: anyOf([anyOfLiterals(words), nearest.expected]) };
}

/** The fault of a value whose kind none of the members has, or that is none of the literals. */
function ofNoMember(shape: UnionShape, value: unknown, path: string): Fault {
  // No items of a peer: a whole number is read for the bigint, or the number, that a member is.
  const isNumber = Number.isSafeInteger(value) && admitsKind(shape, "bigint");
  const isBigInt = typeof value === "bigint" && Number.isSafeInteger(Number(value));
  const received = isNumber
    ? "JavaScript number"
    : isBigInt
      ? "JavaScript bigint"
      : describeKind(value);
  return { path, expected: kindsExpected(shape, isNumber), received };
}

/** The members that a value may be of, as far as its kind and literals tell, and those that it has to be tried with. */
function alikeIn(
  index: MemberIndex<UnionMember>,
  kind: ValueKind | undefined,
  value: unknown,
): { readonly members: readonly UnionMember[]; readonly tried: readonly UnionMember[] } {
  if (kind === undefined) {
    // It has no wire form, which is said where it would be written.
    const members = index.others.filter(({ shape }) => resolveShape(shape)?.kind === "any");
    return { members, tried: members };
  }
  if (kind !== "object") return index.ofKind(kind);
  const members = index.ofObject((name) => (value as Fields)[name]);
  return { members, tried: members };
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

function firstFault<Part>(parts: readonly Part[], find: (part: Part) => Found): Found {
  for (const part of parts) {
    const fault = find(part);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
