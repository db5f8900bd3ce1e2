// Builds the shape of a TypeBox schema, and refuses what cannot travel with the path of the offending
// part. Runs once per message, when a protocol is defined; no value is seen here.

import { Kind, PatternNeverExact, type TSchema, TransformKind } from "@sinclair/typebox";

import { appendPointer, refuse } from "../errors.ts";
import { givenName, INTEGER_KEYS } from "./check-schema.ts";
import { MOST_REFERRED_LEVELS, tooDeep } from "./depth.ts";
import { describeKind } from "./describe-kind.ts";
import { intersectShapes } from "./intersect.ts";
import { instead } from "./foreign-schema.ts";
import { compilePattern } from "./pattern.ts";
import {
  type Contained,
  type Entries,
  isAnything,
  type LeafShape,
  type ObjectShape,
  type Property,
  type ReferenceShape,
  type Shape,
  type UnionMember,
} from "./shape.ts";

/** TypeBox kinds that are one CBOR item, by the leaf they become. */
const LEAF_KINDS: ReadonlyMap<string, LeafShape["kind"]> = new Map([
  ["Any", "any"],
  ["BigInt", "bigint"],
  ["Boolean", "boolean"],
  ["Date", "date"],
  ["Integer", "integer"],
  ["Never", "never"],
  ["Null", "null"],
  ["Number", "number"],
  ["RegExp", "text"],
  ["String", "text"],
  ["TemplateLiteral", "text"],
  ["Uint8Array", "bytes"],
  ["Undefined", "undefined"],
  ["Unknown", "any"],
  ["Void", "undefined"],
]);

/** Why the kinds that have no wire form have none. */
const UNTRAVELLED_KINDS: ReadonlyMap<string, string> = new Map([
  ["AsyncIterator", "an iterator cannot travel; send its items as messages"],
  ["Constructor", "a constructor cannot travel; send the data it is built from"],
  ["Function", "a function cannot travel; send a message that asks for the call"],
  ["Iterator", "an iterator cannot travel; send an array"],
  ["Promise", "a promise cannot travel; send its value when it is there"],
  ["Symbol", "a symbol cannot travel; send a string"],
]);

/** What `$ref` may name here. `reference.target` is set once the schema's shape is built. */
interface Definition {
  readonly schema: TSchema;
  readonly reference: ReferenceShape;
  begun: boolean;
}

/** Where a schema stands. */
interface Scope {
  readonly names: ReadonlyMap<string, Definition>;
  /** How many types are around it, those included that refer to it. */
  readonly depth: number;
  /** Where the outermost of them stands. */
  readonly root: string;
}

/**
 * The shape of `schema`. `path` is where it stands in the protocol, for errors.
 *
 * @throws TypewireError `protocol-invalid` where a part cannot travel.
 */
export function shapeOf(schema: TSchema, path: string): Shape {
  return build(schema, path, { names: new Map(), depth: 0, root: path });
}

/** The shapes of schemas that stand in no named type, so that one object has one shape. */
const shapes = new WeakMap<TSchema, Shape>();

function build(schema: TSchema, path: string, outer: Scope): Shape {
  if (typeof schema !== "object" || schema === null) {
    throw refuse(path, `expected a TypeBox type, got ${describeKind(schema)}`);
  }
  const isAlone = outer.names.size === 0;
  const known = isAlone ? shapes.get(schema) : undefined;
  if (known !== undefined) return known;
  const shape = buildNamed(schema, path, outer);
  if (isAlone) shapes.set(schema, shape);
  return shape;
}

function buildNamed(schema: TSchema, path: string, outer: Scope): Shape {
  const id = schema.$id;
  if (id === undefined || outer.names.has(id)) return buildKind(schema, path, outer);
  const names = new Map(outer.names).set(id, define(schema));
  return buildReference(id, path, { ...outer, names });
}

function define(schema: TSchema): Definition {
  return { schema, reference: { kind: "reference", target: undefined }, begun: false };
}

function buildKind(schema: TSchema, path: string, outer: Scope): Shape {
  const scope = { ...outer, depth: outer.depth + 1 };
  if (scope.depth > MOST_REFERRED_LEVELS) throw tooDeep(scope.root, MOST_REFERRED_LEVELS);
  if (TransformKind in schema) {
    throw refuse(path, "a Transform cannot travel: the two ends would have different types");
  }
  const kind: string = schema[Kind];
  switch (kind) {
    case "Literal":
      return { kind: "literal", value: schema["const"], schemas: [schema] };
    case "Array": {
      const items = build(schema["items"], appendPointer(path, "items"), scope);
      return { kind: "array", items, ...containedIn(schema, path, scope), schemas: [schema] };
    }
    case "Tuple":
      return { kind: "tuple", items: buildEach(schema["items"], path, scope), schemas: [schema] };
    case "Object":
    case "Record":
      return buildObject(schema, path, scope);
    case "Union":
      return buildUnion(schema, path, scope);
    case "Intersect":
      return buildIntersect(schema, path, scope);
    case "Not":
      return buildNot(schema, path, scope);
    case "Ref":
    case "This":
      return buildReference(schema["$ref"], path, scope);
    case "Import":
      return buildImport(schema, path, scope);
    default:
      return buildLeaf(schema, kind, path);
  }
}

function buildEach(schemas: readonly TSchema[] | undefined, path: string, scope: Scope): Shape[] {
  return (schemas ?? []).map((schema, index) => build(schema, appendPointer(path, index), scope));
}

function buildLeaf(schema: TSchema, kind: string | undefined, path: string): Shape {
  const leaf = LEAF_KINDS.get(kind ?? "");
  if (leaf === undefined) {
    if (kind === "Unsafe") {
      throw refuse(path, `Type.Unsafe says nothing about the value; write ${instead(schema)}`);
    }
    const reason = UNTRAVELLED_KINDS.get(kind ?? "");
    const advice = "write the type that travels, such as Type.String(), and convert at both ends";
    throw refuse(
      path,
      reason ?? `expected a TypeBox type with a wire form, got ${kind ?? "none"}; ${advice}`,
    );
  }
  return { kind: leaf, schemas: [schema] };
}

function buildNot(schema: TSchema, path: string, scope: Scope): Shape {
  const not: TSchema = schema["not"];
  if (mentionsReference(not)) throw refuse(path, "a Not cannot refer to other types");
  const excluded = build(not, appendPointer(path, "not"), scope);
  if (isAnything(excluded)) throw refuse(path, "no value is not of Type.Unknown");
  return { kind: "any", excluded, schemas: [schema] };
}

/** What an array asks of some of its items. */
function containedIn(
  schema: TSchema,
  path: string,
  scope: Scope,
): { readonly contained?: Contained } {
  const {
    contains,
    minContains = 1,
    maxContains = Infinity,
  } = schema as {
    readonly contains?: TSchema;
    readonly minContains?: number;
    readonly maxContains?: number;
  };
  if (contains === undefined) return {};
  const shape = build(contains, appendPointer(path, "contains"), scope);
  return { contained: { shape, least: minContains, most: maxContains } };
}

function mentionsReference(part: unknown): boolean {
  if (typeof part !== "object" || part === null) return false;
  return "$ref" in part || Object.values(part).some(mentionsReference);
}

function buildObject(schema: TSchema, path: string, scope: Scope): Shape {
  const required = new Set<string>(schema["required"] ?? []);
  const named: Readonly<Record<string, TSchema>> = schema["properties"] ?? {};
  const properties = Object.entries(named).map(([name, property]): Property => {
    const propertyPath = appendPointer(path, name);
    if (name === "__proto__") {
      throw refuse(propertyPath, "a property named __proto__ cannot travel; rename it");
    }
    const shape = build(property, propertyPath, scope);
    return { name, optional: !required.has(name), shape };
  });
  const patterns: Readonly<Record<string, TSchema>> = schema["patternProperties"] ?? {};
  assertRecord(schema, patterns, path);
  const entries = Object.entries(patterns).map(([pattern, value]): Entries => ({
    keys: pattern === INTEGER_KEYS ? "integer" : "text",
    pattern: compilePattern(pattern, path),
    shape: build(value, appendPointer(path, "values"), scope),
  }));
  // Beside integer keys no text key has a place on the wire.
  const isNumbered = entries.some(({ keys }) => keys === "integer");
  const rest = isNumbered ? "refuse" : buildRest(schema["additionalProperties"], path, scope);
  return { kind: "object", properties, entries, rest, schemas: [schema] };
}

/** One kind of keys, of which there are some, and nothing beside integers. */
function assertRecord(schema: TSchema, patterns: object, path: string): void {
  if (schema[Kind] !== "Record") return;
  const [pattern, ...others] = Object.keys(patterns);
  if (pattern === undefined || pattern === PatternNeverExact) {
    throw refuse(path, "a record without keys has no entries; write Type.Object({})");
  }
  if (others.length > 0) {
    throw refuse(
      path,
      "a record has one pattern of keys; write one record for each pattern, each under a property of its own",
    );
  }
  const further: unknown = schema["additionalProperties"];
  if (pattern === INTEGER_KEYS && further !== undefined && further !== false) {
    throw refuse(
      path,
      "beside integer keys nothing else has a place; leave additionalProperties out, and put the rest under a property of its own",
    );
  }
}

/** `false` refuses further properties, `true` and a schema keep them; nothing describes none, so they are dropped. */
function buildRest(further: unknown, path: string, scope: Scope): ObjectShape["rest"] {
  if (further === false) return "refuse";
  if (further === true) return { kind: "any", schemas: [] };
  if (further === undefined) return "drop";
  return build(further as TSchema, appendPointer(path, "additionalProperties"), scope);
}

function buildUnion(schema: TSchema, path: string, scope: Scope): Shape {
  const anyOf: readonly TSchema[] = schema["anyOf"];
  const references = referencesOf(scope);
  const shapes = buildEach(anyOf, appendPointer(path, "anyOf"), scope);
  const members = anyOf.flatMap((member, index): readonly UnionMember[] => {
    const shape = shapes[index];
    if (shape === undefined) return [];
    return shape.kind === "union" ? shape.members : [{ shape, schema: member, references }];
  });
  return { kind: "union", members, schemas: [schema] };
}

function buildIntersect(schema: TSchema, path: string, scope: Scope): Shape {
  const allOf: readonly TSchema[] = schema["allOf"];
  const rest = buildRest(schema["unevaluatedProperties"], path, scope);
  return intersectShapes({
    shapes: buildEach(allOf, appendPointer(path, "allOf"), scope),
    schemas: allOf,
    rest: schema["unevaluatedProperties"] === undefined ? undefined : rest,
    path,
  });
}

function referencesOf(scope: Scope): TSchema[] {
  return [...scope.names.values()].map((definition) => definition.schema);
}

/** The shape that `name` stands for; a reference to it while that shape is still being built. */
function buildReference(name: string, path: string, scope: Scope): Shape {
  const definition = scope.names.get(name);
  if (definition === undefined) {
    throw refuse(
      path,
      `the reference "${name}" names nothing here; put the type itself in its place, or use Type.Module or Type.Recursive`,
    );
  }
  const { reference } = definition;
  if (!definition.begun) {
    definition.begun = true;
    reference.target = buildKind(definition.schema, path, scope);
    if (reference.target === reference)
      throw refuse(path, `"${givenName(name)}" refers only to itself`);
  }
  return reference.target ?? reference;
}

/** A type of a Type.Module: all its definitions are in scope, each built where it is first named. */
function buildImport(schema: TSchema, path: string, outer: Scope): Shape {
  const definitions: Readonly<Record<string, TSchema>> = schema["$defs"];
  const names = new Map(
    Object.entries(definitions).map(([name, definition]) => [name, define(definition)] as const),
  );
  return buildReference(schema["$ref"], path, { ...outer, names });
}
