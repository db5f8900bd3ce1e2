// The constraints of leaves as JavaScript conditions: what TypeBox's own compiler would test, on a
// value whose JavaScript type is already known. A keyword that cannot be inlined makes the message go
// to the reference path.

import { Kind, type TSchema } from "@sinclair/typebox";

import { isMultipleOf } from "../../schema/decimal-steps.ts";
import { formatCheck } from "../../schema/format.ts";
import type { ResolvedShape } from "../../schema/shape.ts";
import { literal, type Source, Uncompiled } from "./source.ts";

/** A keyword's condition on the value called `name`; `bound` is the keyword's value in the schema. */
type Condition = (name: string, bound: never, source: Source) => string;

const number: Readonly<Record<string, Condition>> = {
  minimum: (name, bound: number | bigint) => `${name} >= ${literal(bound)}`,
  maximum: (name, bound: number | bigint) => `${name} <= ${literal(bound)}`,
  exclusiveMinimum: (name, bound: number | bigint) => `${name} > ${literal(bound)}`,
  exclusiveMaximum: (name, bound: number | bigint) => `${name} < ${literal(bound)}`,
  multipleOf: (name, bound: number | bigint, source) =>
    typeof bound === "bigint"
      ? `${name} % ${literal(bound)} === 0n`
      : `${source.constant(isMultipleOf(bound), "multiple")}(${name})`,
};

const text: Readonly<Record<string, Condition>> = {
  minLength: (name, bound: number) => `${name}.length >= ${literal(bound)}`,
  maxLength: (name, bound: number) => `${name}.length <= ${literal(bound)}`,
  pattern: (name, bound: string, source) =>
    `${source.constant(new RegExp(bound, "u"), "pattern")}.test(${name})`,
  format: (name, bound: string, source) =>
    `${source.constant(formatCheck(bound), "format")}(${name})`,
};

const date: Readonly<Record<string, Condition>> = {
  minimumTimestamp: (name, bound: number) => `${name}.getTime() >= ${literal(bound)}`,
  maximumTimestamp: (name, bound: number) => `${name}.getTime() <= ${literal(bound)}`,
  exclusiveMinimumTimestamp: (name, bound: number) => `${name}.getTime() > ${literal(bound)}`,
  exclusiveMaximumTimestamp: (name, bound: number) => `${name}.getTime() < ${literal(bound)}`,
  multipleOfTimestamp: (name, bound: number) => `${name}.getTime() % ${literal(bound)} === 0`,
};

/** Keywords that constrain a value, by the TypeBox kind of the schema. */
const KEYWORDS: Readonly<Record<string, Readonly<Record<string, Condition>>>> = {
  Number: number,
  Integer: number,
  BigInt: number,
  String: text,
  TemplateLiteral: text,
  RegExp: { minLength: text["minLength"] as Condition, maxLength: text["maxLength"] as Condition },
  Date: date,
  Uint8Array: {
    minByteLength: (name, bound: number) => `${name}.length >= ${literal(bound)}`,
    maxByteLength: (name, bound: number) => `${name}.length <= ${literal(bound)}`,
  },
  Array: {
    minItems: (length, bound: number) => `${length} >= ${literal(bound)}`,
    maxItems: (length, bound: number) => `${length} <= ${literal(bound)}`,
  },
};

/** Keywords whose check needs the whole value at hand or more than a line. */
const NOT_INLINED = [
  "uniqueItems",
  "contains",
  "minContains",
  "maxContains",
  "minProperties",
  "maxProperties",
];

/** Conditions on the value, or of a list on the length, called `name`, all of which must hold; none when the shape asks nothing more. */
export function conditionsOf(
  shape: ResolvedShape,
  name: string,
  source: Source,
): readonly string[] {
  return shape.schemas.flatMap((schema) => conditionsOfSchema(schema, name, source));
}

/** @throws Uncompiled where an intersection left more constraints on a literal or a tuple than its own. */
export function assertOwnConstraints(shape: ResolvedShape): void {
  if (shape.schemas.length > 1) {
    throw new Uncompiled(`an intersection of a ${shape.kind} is checked by the reference path`);
  }
}

function conditionsOfSchema(schema: TSchema, name: string, source: Source): readonly string[] {
  const kind: string = schema[Kind];
  if (kind === "Not") throw new Uncompiled("Type.Not is checked by the reference path");
  for (const keyword of NOT_INLINED) {
    if (schema[keyword] !== undefined && schema[keyword] !== false) {
      throw new Uncompiled(`${keyword} is checked by the reference path`);
    }
  }
  const conditions: string[] = [];
  if (kind === "RegExp") {
    const pattern = new RegExp(schema["source"], schema["flags"]);
    if (pattern.global || pattern.sticky) {
      throw new Uncompiled("a RegExp with the flag g or y remembers its last match");
    }
    conditions.push(`${source.constant(pattern, "pattern")}.test(${name})`);
  }
  for (const [keyword, condition] of Object.entries(KEYWORDS[kind] ?? {})) {
    const bound: unknown = schema[keyword];
    if (bound !== undefined) conditions.push(condition(name, bound as never, source));
  }
  return conditions;
}

/** The largest number that the schemas themselves allow; what their parts ask is not looked at. */
export function maximumOf(shape: ResolvedShape): number {
  const bounds = shape.schemas.flatMap((schema) => [schema["maximum"], schema["exclusiveMaximum"]]);
  return Math.min(...bounds.filter((bound) => typeof bound === "number"));
}
