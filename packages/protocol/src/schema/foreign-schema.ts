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
  if (typeof schema !== "object" || schema === null) {
    throw refuse(path, `expected a TypeBox type, got ${describeKind(schema)}`);
  }
  if (!(Kind in schema)) throw refuse(path, describeForeign(schema));
}

function describeForeign(schema: object): string {
  if ("~kind" in schema) {
    return `this is a type of TypeBox 1, the package "typebox"; expected one of @sinclair/typebox 0.34; ${TAKE_OURS}`;
  }
  if ("~standard" in schema) {
    const { vendor } = schema["~standard"] as { readonly vendor?: unknown };
    return `this is a schema of ${String(vendor)}, expected a type of @sinclair/typebox 0.34; ${TAKE_OURS}`;
  }
  return `this is a plain JSON Schema, or a type of another TypeBox (such as the package "typebox"); write ${instead(schema)}, and ${TAKE_OURS}`;
}

/** What to write for a JSON Schema, the literals that it lists included. */
export function instead(schema: object): string {
  if ("enum" in schema) return literalsOf(schema.enum);
  if ("const" in schema) return literalOf(schema.const);
  const type: unknown = "type" in schema ? schema.type : undefined;
  const keyword =
    typeof type === "string" ? type : [...WRITTEN.keys()].find((key) => key in schema);
  return WRITTEN.get(keyword ?? "") ?? "Type.Unknown()";
}
