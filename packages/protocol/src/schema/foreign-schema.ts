// Refuses schemas that TypeBox 0.34 has not made, before anything reads them: TypeBox 1, which is another
// package, plain JSON Schema, and other libraries. Looks only where a schema stands, never into defaults,
// examples or values.

import { Kind, type TSchema } from "@sinclair/typebox";

import { appendPointer, refuse } from "../errors.ts";
import { describeKind } from "./describe-kind.ts";

const TAKE_OURS = 'take the Type of the protocol: import { Type } from "typewire"';

/** What TypeBox writes for a JSON Schema's `type`, or for the keyword that it has instead. */
const WRITTEN: ReadonlyMap<string, string> = new Map([
  ["object", "Type.Object({ … })"],
  ["array", "Type.Array(…)"],
  ["string", "Type.String()"],
  ["number", "Type.Number()"],
  ["integer", "Type.Integer()"],
  ["boolean", "Type.Boolean()"],
  ["null", "Type.Null()"],
  ["anyOf", "Type.Union([ … ])"],
  ["oneOf", "Type.Union([ … ])"],
  ["enum", "Type.Union([Type.Literal(…), … ])"],
  ["allOf", "Type.Intersect([ … ])"],
  ["const", "Type.Literal(…)"],
  ["not", "Type.Not(…)"],
  ["$ref", "Type.Ref(…)"],
]);

/** Where schemas stand in a type of each kind. Another keyword, or another kind's, may hold anything. */
const KEYWORDS: ReadonlyMap<string, readonly string[]> = new Map([
  ["Array", ["items", "contains"]],
  ["Tuple", ["items"]],
  ["Object", ["properties", "additionalProperties"]],
  ["Record", ["patternProperties", "additionalProperties"]],
  ["Union", ["anyOf"]],
  ["Intersect", ["allOf", "unevaluatedProperties"]],
  ["Not", ["not"]],
  ["Import", ["$defs"]],
]);

/**
 * @throws TypewireError `protocol-invalid` with the place of the first schema in `schema` that TypeBox
 * 0.34 has not made, what made it, and what to write instead. `path` is where `schema` stands.
 */
export function assertTypeBox(schema: TSchema, path: string): void {
  visit(schema, path, new Set());
}

function visit(schema: unknown, path: string, seen: Set<object>): void {
  if (typeof schema !== "object" || schema === null) {
    throw refuse(path, `expected a TypeBox type, got ${describeKind(schema)}`);
  }
  if (seen.has(schema)) return;
  seen.add(schema);
  if (!(Kind in schema)) throw refuse(path, describeForeign(schema));
  const { [Kind]: kind, ...parts } = schema as TSchema;
  for (const keyword of KEYWORDS.get(kind) ?? []) visitPart(keyword, parts[keyword], path, seen);
}

/** A part's place is worded as in the other refusals of a protocol. */
function visitPart(keyword: string, part: unknown, path: string, seen: Set<object>): void {
  const place = appendPointer(path, keyword);
  switch (keyword) {
    case "properties":
      return visitEach(part, (name) => appendPointer(path, name), seen);
    case "patternProperties":
      return visitEach(part, () => appendPointer(path, "values"), seen);
    case "anyOf":
    case "allOf":
    case "$defs":
      return visitEach(part, (name) => appendPointer(place, name), seen);
    default:
      if (Array.isArray(part)) return visitEach(part, (name) => appendPointer(path, name), seen);
      return typeof part === "object" ? visit(part, place, seen) : undefined;
  }
}

function visitEach(parts: unknown, placeOf: (name: string) => string, seen: Set<object>): void {
  if (typeof parts !== "object" || parts === null) return;
  for (const [name, part] of Object.entries(parts)) visit(part, placeOf(name), seen);
}

function describeForeign(schema: object): string {
  if ("~kind" in schema) {
    return `this is a type of TypeBox 1, the package "typebox"; expected one of @sinclair/typebox 0.34; ${TAKE_OURS}`;
  }
  if ("~standard" in schema) {
    const { vendor } = schema["~standard"] as { readonly vendor?: unknown };
    return `this is a schema of ${String(vendor)}, expected a type of @sinclair/typebox 0.34; ${TAKE_OURS}`;
  }
  return `this is a plain JSON Schema, or a type of another TypeBox (such as the package "typebox"); write ${written(schema)}, and ${TAKE_OURS}`;
}

function written(schema: object): string {
  const type: unknown = "type" in schema ? schema.type : undefined;
  const keyword =
    typeof type === "string" ? type : [...WRITTEN.keys()].find((key) => key in schema);
  return WRITTEN.get(keyword ?? "") ?? "Type.Unknown()";
}
