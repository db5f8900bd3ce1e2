// Refuses schemas that TypeBox 0.34 has not made, before anything reads them: TypeBox 1, which is another
// package, plain JSON Schema, and other libraries.

import { Kind, type TSchema, Type as TypeBox } from "@sinclair/typebox";

import { refuse } from "../errors.ts";
import { describeKind } from "./describe-kind.ts";
import { literalOf, literalsOf } from "./keyword-advice.ts";
import { Type } from "./type.ts";

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
  ["allOf", "Type.Intersect([ … ])"],
  ["not", "Type.Not(…)"],
  ["$ref", "Type.Ref(…)"],
]);

/** What to write for what only JavaScript has. */
const JAVASCRIPT_KINDS: ReadonlyMap<string, string> = new Map([
  ["Map", "Type.Record(Type.String(), … ), or Type.Array(Type.Tuple([ …, … ]))"],
  ["Set", "Type.Array(…, { uniqueItems: true })"],
  ["ArrayBuffer", "Type.Uint8Array()"],
  ["Buffer", "Type.Uint8Array()"],
  ["Float32Array", "Type.Array(Type.Number())"],
  ["Float64Array", "Type.Array(Type.Number())"],
  ["bigint", "Type.BigInt()"],
  ["Date", "Type.Date()"],
]);

/**
 * @throws TypewireError `protocol-invalid` where TypeBox 0.34 has not made `schema`, with what made it
 * and what to write instead. `path` is where it stands.
 */
export function assertTypeBox(schema: unknown, path: string): asserts schema is TSchema {
  if ((typeof schema !== "object" && typeof schema !== "function") || schema === null) {
    throw refuse(path, `expected a TypeBox type, got ${describeKind(schema)}; ${forValue(schema)}`);
  }
  if (typeof schema === "function" || !(Kind in schema))
    throw refuse(path, describeForeign(schema));
}

/** What to write for a value that is no object: true and false are schemas of JSON Schema, names are types of others. */
function forValue(value: unknown): string {
  switch (typeof value) {
    case "boolean":
      return value
        ? "write Type.Unknown()"
        : "write Type.Optional(Type.Never()) for a property that must not be there";
    case "string":
      return `write ${WRITTEN.get(value) ?? literalOf(value)}`;
    case "undefined":
      return "leave it out, or import the type before it is used";
    default:
      return `write ${typeof value === "number" || value === null ? literalOf(value) : "Type.Unknown()"}`;
  }
}

/** What stands for a type in other libraries, and the type. */
const NAMED: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [String, "Type.String()"],
  [Number, "Type.Number()"],
  [Boolean, "Type.Boolean()"],
  [BigInt, "Type.BigInt()"],
  [Date, "Type.Date()"],
  [RegExp, "Type.RegExp(/…/)"],
  [Uint8Array, "Type.Uint8Array()"],
  [Array, "Type.Array(…)"],
  [Object, "Type.Object({ … })"],
]);

function describeForeign(schema: object): string {
  if ("~kind" in schema) {
    return `this is a type of TypeBox 1, the package "typebox"; expected one of @sinclair/typebox 0.34; ${TAKE_OURS}`;
  }
  if ("~standard" in schema) {
    const { vendor } = schema["~standard"] as { readonly vendor?: unknown };
    return `this is a schema of ${String(vendor)}, expected a type of @sinclair/typebox 0.34; ${TAKE_OURS}`;
  }
  const meant = meantBy(schema);
  if (meant !== undefined) {
    return `expected a TypeBox type, got ${describeKind(schema)}; write ${meant}, and ${TAKE_OURS}`;
  }
  if (typeof schema === "function" || isMadeByClass(schema)) {
    const advice =
      schema instanceof Promise
        ? "await it, or describe its value"
        : "describe the data that travels, such as Type.Object({ … })";
    return `expected a TypeBox type, got ${describeKind(schema)}; ${advice}, and ${TAKE_OURS}`;
  }
  return `this is a plain JSON Schema, or a type of another TypeBox (such as the package "typebox"); write ${instead(schema)}, and ${TAKE_OURS}`;
}

/** What is no schema of any library, and was meant for one. */
function meantBy(schema: object): string | undefined {
  const named = NAMED.get(schema) ?? builtBy(schema);
  if (named !== undefined) return named;
  if (Array.isArray(schema)) return "Type.Array(…), or Type.Tuple([ … ]) for so many items";
  if (schema instanceof RegExp) return "Type.RegExp(/…/)";
  const parts: readonly unknown[] = typeof schema === "object" ? Object.values(schema) : [];
  if (parts.length === 0 || isMadeByClass(schema)) return undefined;
  const areTypes = parts.every((part) => typeof part === "object" && part !== null && Kind in part);
  if (areTypes) return "Type.Object({ … }) around these properties";
  const isEnum =
    Object.keys(schema).every((key) => !WRITTEN.has(key) && !JSON_SCHEMA.has(key)) &&
    parts.every((part) => typeof part === "string" || typeof part === "number");
  return isEnum ? "Type.Enum(…), or Type.Literal for each value" : undefined;
}

/** Keywords whose values are texts, as those of an enum are. */
const JSON_SCHEMA: ReadonlySet<string> = new Set([
  "$id",
  "$ref",
  "$schema",
  "const",
  "description",
  "format",
  "pattern",
  "title",
  "type",
]);

/** Which function of `Type` was given, and not called. */
function builtBy(schema: object): string | undefined {
  if (typeof schema !== "function") return undefined;
  for (const builder of [Type, TypeBox]) {
    for (let owner: object | null = builder; owner !== null; owner = Object.getPrototypeOf(owner)) {
      const name = Object.keys(owner).find((key) => Reflect.get(owner, key) === schema);
      if (name !== undefined) return `Type.${name}(…), which calls it`;
    }
  }
  return undefined;
}

function isMadeByClass(schema: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(schema);
  return prototype !== Object.prototype && prototype !== null;
}

/** What to write for a JSON Schema, the literals that it lists included. */
export function instead(schema: object): string {
  if ("enum" in schema) return literalsOf(schema.enum);
  if ("const" in schema) return literalOf(schema.const);
  const type: unknown = "type" in schema ? schema.type : undefined;
  const isNullable = "nullable" in schema && schema.nullable === true;
  const types = [...(Array.isArray(type) ? type : [type]), ...(isNullable ? ["null"] : [])];
  if (types.length > 1) {
    return `Type.Union([${types.map((each: unknown) => ofType(each, schema)).join(", ")}])`;
  }
  return ofType(types[0], schema);
}

function ofType(type: unknown, schema: object): string {
  if (type === "array" && "prefixItems" in schema) return "Type.Tuple([ … ])";
  if (type === "string" && "contentEncoding" in schema) return "Type.Uint8Array()";
  const further = "additionalProperties" in schema ? schema.additionalProperties : undefined;
  if (type === "object" && !("properties" in schema) && typeof further === "object") {
    return "Type.Record(Type.String(), … )";
  }
  if (typeof type === "string" && JAVASCRIPT_KINDS.has(type)) {
    return JAVASCRIPT_KINDS.get(type) ?? "Type.Unknown()";
  }
  if (type === "object" && "patternProperties" in schema && !("properties" in schema)) {
    return "Type.Record(Type.String({ pattern: … }), … )";
  }
  const keyword =
    typeof type === "string" ? type : [...WRITTEN.keys()].find((key) => key in schema);
  return WRITTEN.get(keyword ?? "") ?? "Type.Unknown()";
}
