// Refuses schemas that TypeBox 0.34 has not made, before anything reads them: TypeBox 1, which is another
// package, plain JSON Schema, and other libraries.

import { Kind, type TSchema } from "@sinclair/typebox";

import { refuse } from "../errors.ts";
import { describeKind } from "./describe-kind.ts";
import { literalOf, literalsOf } from "./keyword-advice.ts";

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

/**
 * @throws TypewireError `protocol-invalid` where TypeBox 0.34 has not made `schema`, with what made it
 * and what to write instead. `path` is where it stands.
 */
export function assertTypeBox(schema: unknown, path: string): asserts schema is TSchema {
  if ((typeof schema !== "object" && typeof schema !== "function") || schema === null) {
    const advice = typeof schema === "boolean" ? `; write ${ofBoolean(schema)}` : "";
    throw refuse(path, `expected a TypeBox type, got ${describeKind(schema)}${advice}`);
  }
  if (typeof schema === "function" || !(Kind in schema))
    throw refuse(path, describeForeign(schema));
}

/** What a schema that is true or false stands for. */
function ofBoolean(schema: boolean): string {
  return schema
    ? "Type.Unknown()"
    : "Type.Optional(Type.Never()) for a property that must not be there";
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
    return `expected a TypeBox type, got ${describeKind(schema)}; ${TAKE_OURS}`;
  }
  return `this is a plain JSON Schema, or a type of another TypeBox (such as the package "typebox"); write ${instead(schema)}, and ${TAKE_OURS}`;
}

/** What is no schema of any library, and was meant for one. */
function meantBy(schema: object): string | undefined {
  const named = NAMED.get(schema);
  if (named !== undefined) return named;
  if (Array.isArray(schema)) return "Type.Array(…), or Type.Tuple([ … ]) for so many items";
  if (schema instanceof RegExp) return "Type.RegExp(/…/)";
  const parts: readonly unknown[] = typeof schema === "object" ? Object.values(schema) : [];
  const areTypes = parts.every((part) => typeof part === "object" && part !== null && Kind in part);
  return areTypes && parts.length > 0 ? "Type.Object({ … }) around these properties" : undefined;
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
  if (type === "object" && "patternProperties" in schema && !("properties" in schema)) {
    return "Type.Record(Type.String({ pattern: … }), … )";
  }
  const keyword =
    typeof type === "string" ? type : [...WRITTEN.keys()].find((key) => key in schema);
  return WRITTEN.get(keyword ?? "") ?? "Type.Unknown()";
}
