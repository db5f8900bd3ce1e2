// What to write instead of a keyword that a kind of type does not enforce. Runs when a protocol is
// refused, so it may take its time.

import type { TSchema } from "@sinclair/typebox";

import { adviceOnNumber } from "./format-advice.ts";

/** Words of other libraries, and of other kinds of type, by what a reader would call the thing. */
const MEANINGS: readonly { readonly said: readonly string[]; readonly meant: readonly string[] }[] =
  [
    {
      said: [
        "min",
        "minimum",
        "gte",
        "ge",
        "minValue",
        "minLength",
        "minSize",
        "minItems",
        "minBytes",
        "minDate",
        "after",
        "formatMinimum",
      ],
      meant: [
        "minimum",
        "minLength",
        "minItems",
        "minByteLength",
        "minimumTimestamp",
        "minProperties",
      ],
    },
    {
      said: [
        "max",
        "maximum",
        "lte",
        "le",
        "maxValue",
        "maxLength",
        "maxSize",
        "maxItems",
        "maxBytes",
        "maxDate",
        "before",
        "formatMaximum",
      ],
      meant: [
        "maximum",
        "maxLength",
        "maxItems",
        "maxByteLength",
        "maximumTimestamp",
        "maxProperties",
      ],
    },
    {
      said: ["gt", "exclusiveMin", "moreThan", "greaterThan", "exclusiveMinimum"],
      meant: ["exclusiveMinimum", "exclusiveMinimumTimestamp"],
    },
    {
      said: ["lt", "exclusiveMax", "lessThan", "exclusiveMaximum"],
      meant: ["exclusiveMaximum", "exclusiveMaximumTimestamp"],
    },
    {
      said: ["step", "divisibleBy", "multiple", "multipleOf", "precision"],
      meant: ["multipleOf", "multipleOfTimestamp"],
    },
    { said: ["regex", "regexp", "match", "matches", "pattern"], meant: ["pattern"] },
    { said: ["unique", "distinct"], meant: ["uniqueItems"] },
    { said: ["minKeys", "minEntries"], meant: ["minProperties"] },
    { said: ["maxKeys", "maxEntries"], meant: ["maxProperties"] },
    {
      said: ["strict", "closed", "additionalProperties", "unevaluatedProperties", "unknownKeys"],
      meant: ["additionalProperties", "unevaluatedProperties"],
    },
  ];

/** What stands for a keyword that has no other name, whatever the kind. */
const REWRITTEN: ReadonlyMap<string, string> = new Map([
  ["$anchor", "name the type with Type.Module, and refer to it with Type.Ref"],
  ["$defs", "define the types with Type.Module, and refer to them with Type.Ref"],
  ["$ref", "refer to a type with Type.Ref, inside a Type.Module"],
  ["additionalItems", "write Type.Array for any number of items, Type.Tuple for so many"],
  ["allOf", "write Type.Intersect([ … ])"],
  ["anyOf", "write Type.Union([ … ])"],
  [
    "contentEncoding",
    "bytes travel as they are: write Type.Uint8Array(), or say it in description",
  ],
  ["contentMediaType", "say it in description"],
  ["contentSchema", "say it in description, or write the type of the content itself"],
  ["definitions", "define the types with Type.Module, and refer to them with Type.Ref"],
  ["dependencies", "write a Type.Union of two objects, one with the properties and one without"],
  [
    "dependentRequired",
    "write a Type.Union of two objects, one with the properties and one without",
  ],
  ["dependentSchemas", "write a Type.Union of two objects, one for each case"],
  [
    "discriminator",
    "leave it out: a literal property tells the members of a union apart by itself",
  ],
  ["else", "write a Type.Union of two objects, one for each case"],
  ["errorMessage", "errors are worded by the wire; a sentence for readers goes into description"],
  ["format", "write a pattern, or Type.String({ format: … }) with a check of FormatRegistry.Set"],
  ["if", "write a Type.Union of two objects, one for each case, told apart by a literal property"],
  ["items", "write Type.Array( … )"],
  ["not", "write Type.Not( … ), on its own"],
  ["nullable", "write Type.Union([ …, Type.Null()])"],
  ["oneOf", "write Type.Union([ … ])"],
  ["optional", "write Type.Optional( … )"],
  ["patternProperties", "put a Type.Record under a property of its own"],
  ["prefixItems", "write Type.Tuple([ … ])"],
  ["properties", "write Type.Object({ … })"],
  ["propertyNames", "write Type.Record(Type.String({ pattern: … }), … )"],
  ["required", "write Type.Object, where each property is required unless it is Type.Optional"],
  ["then", "write a Type.Union of two objects, one for each case"],
  ["transform", "change the text before it is sent"],
  ["type", "leave it out: the kind of the type says it"],
  ["unevaluatedItems", "write Type.Tuple([ … ]), which has so many items and no more"],
]);

const CASES = "write Type.Union([ … ]) of objects, one for each case";

/** What stands for conditions on the properties of an object. */
const REWRITTEN_OBJECTS: ReadonlyMap<string, string> = new Map([
  ["anyOf", CASES],
  ["not", `${CASES}; a property that must not be there is Type.Optional(Type.Never())`],
  ["oneOf", CASES],
  [
    "patternProperties",
    "write additionalProperties with the type of all others, or put a Type.Record under a property of its own",
  ],
]);

const LEAVE_OUT = 'leave it out, or call it "x-…" if it is a note for readers';

/**
 * What the author of `schema`, a type of this kind, should write instead of `keyword`. `names` are the
 * keywords that a program may give to this kind.
 */
export function adviceOn(
  keyword: string,
  schema: TSchema,
  kind: string,
  names: readonly string[],
): string {
  const special = adviceOnKind(keyword, schema, kind);
  if (special !== undefined) return special;
  const meanings = MEANINGS.filter(({ said }) => said.some((word) => isAlike(word, keyword)));
  const meant = meanings.flatMap((each) => each.meant).find((name) => names.includes(name));
  if (meant !== undefined) return `write "${meant}"`;
  const near = names.find((name) => isNear(name, keyword));
  if (near !== undefined) return `write "${near}"`;
  return REWRITTEN.get(keyword) ?? LEAVE_OUT;
}

function adviceOnKind(keyword: string, schema: TSchema, kind: string): string | undefined {
  const value: unknown = schema[keyword];
  if (kind === "Literal") return "leave it out: a literal is one value and no other";
  if (keyword === "enum") return `write ${literalsOf(value)}`;
  if (keyword === "const") return `write ${literalOf(value)}`;
  if (keyword === "length" && typeof value === "number") {
    if (kind === "String") return `write "minLength" and "maxLength"`;
    if (kind === "Array") return `write "minItems" and "maxItems"`;
    if (kind === "Uint8Array") return `write "minByteLength" and "maxByteLength"`;
  }
  if (kind === "Tuple" && (keyword === "uniqueItems" || keyword === "contains")) {
    return `write Type.Array( … ) with "${keyword}"`;
  }
  if (keyword === "format" && (kind === "Integer" || kind === "Number")) {
    return adviceOnNumber(value);
  }
  if (keyword === "format" && kind === "Date") return "leave it out: a date travels as a number";
  if (kind === "Object") {
    const advice = REWRITTEN_OBJECTS.get(keyword);
    if (advice !== undefined) return advice;
  }
  const isForMembers =
    /^(max|min|additional|required|properties|pattern|format|multipleOf|items|unique|contains)/;
  if (kind === "Union" && isForMembers.test(keyword)) {
    return "write it in the members that it is meant for";
  }
  if (kind === "Intersect" && /^((max|min)Properties|required|properties)/.test(keyword)) {
    return "write it in one of the members";
  }
  return undefined;
}

/** How the values that `enum` lists are written as literals; the first eight of them. */
export function literalsOf(values: unknown): string {
  if (!Array.isArray(values) || values.length === 0) return "Type.Union([Type.Literal( … ), … ])";
  return `Type.Union([${firstOf(values, (value) => literalOf(value))}])`;
}

/** How deep a value is spelled out: one that a program made may contain itself. */
const DEEPEST = 4;

/** The type of this one value: arrays are tuples, and objects have literals for properties. */
export function literalOf(value: unknown, depth = 0): string {
  if (value === null) return "Type.Null()";
  if (typeof value === "object" && depth === DEEPEST) return "…";
  const inner = (each: unknown): string => literalOf(each, depth + 1);
  if (Array.isArray(value)) return `Type.Tuple([${firstOf(value, inner)}])`;
  if (typeof value === "object") {
    const named = Object.entries(value);
    if (named.length === 0) return "Type.Object({})";
    const properties = firstOf(named, ([name, each]) => `${JSON.stringify(name)}: ${inner(each)}`);
    return `Type.Object({ ${properties} })`;
  }
  return `Type.Literal(${typeof value === "bigint" ? `${value}n` : JSON.stringify(value)})`;
}

function firstOf<Value>(values: readonly Value[], write: (value: Value) => string): string {
  return `${values.slice(0, 8).map(write).join(", ")}${values.length > 8 ? ", …" : ""}`;
}

function isAlike(word: string, keyword: string): boolean {
  return word.toLowerCase() === keyword.toLowerCase().replaceAll(/[_-]/g, "");
}

/** Whether the two differ in their case, or by no more than two letters. */
function isNear(name: string, keyword: string): boolean {
  const [a, b] = [name.toLowerCase(), keyword.toLowerCase().replaceAll(/[_-]/g, "")];
  if (a === b) return true;
  return Math.abs(a.length - b.length) <= 2 && a.length > 4 && distanceOf(a, b) <= 2;
}

/** The number of letters to add, to leave out or to change. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [index, letter] of Array.from(a).entries()) {
    const next = [index + 1];
    for (const [column, other] of Array.from(b).entries()) {
      const change = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(change, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
