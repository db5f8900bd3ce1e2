// What a schema may say: for each kind of type the keywords that both ends enforce, and annotations, which
// ask nothing. All other keywords are refused when the protocol is defined, since a constraint that is
// written down and not enforced is worse than none. Whether the constraints of one type contradict each
// other is looked at in `bounds.ts`.

import { Kind, type TSchema } from "@sinclair/typebox";

import { refuse } from "../errors.ts";
import { isAnnotation } from "./annotations.ts";
import { MOST_TYPE_LEVELS } from "./depth.ts";
import { describeKind, isMap } from "./describe-kind.ts";
import { adviceOn } from "./keyword-advice.ts";
import { assertRecordKey } from "./record-key.ts";
import { LOST_KEYWORDS } from "./type.ts";

/** What the value of a keyword has to be; `own` is looked at elsewhere. */
type Operand =
  | "count"
  | "number"
  | "bigint"
  | "flag"
  | "text"
  | "texts"
  | "schema"
  | "schemas"
  | "named schemas"
  | "further"
  | "own";

type Keywords = Readonly<Record<string, Operand>>;

const typed = { type: "own" } as const;
const lengths = { minLength: "count", maxLength: "count" } as const;
const numbers = {
  ...typed,
  minimum: "number",
  maximum: "number",
  exclusiveMinimum: "number",
  exclusiveMaximum: "number",
  multipleOf: "number",
} as const;
const properties = { minProperties: "count", maxProperties: "count" } as const;

/** The keywords of each kind of type that travels. */
const KEYWORDS: ReadonlyMap<string, Keywords> = new Map<string, Keywords>([
  ["Any", {}],
  [
    "Array",
    {
      ...typed,
      items: "schema",
      minItems: "count",
      maxItems: "count",
      uniqueItems: "flag",
      contains: "schema",
      minContains: "count",
      maxContains: "count",
    },
  ],
  [
    "BigInt",
    {
      ...typed,
      minimum: "bigint",
      maximum: "bigint",
      exclusiveMinimum: "bigint",
      exclusiveMaximum: "bigint",
      multipleOf: "bigint",
    },
  ],
  ["Boolean", typed],
  [
    "Date",
    {
      ...typed,
      minimumTimestamp: "number",
      maximumTimestamp: "number",
      exclusiveMinimumTimestamp: "number",
      exclusiveMaximumTimestamp: "number",
      multipleOfTimestamp: "number",
    },
  ],
  ["Import", { $defs: "named schemas", $ref: "text" }],
  ["Integer", numbers],
  ["Intersect", { ...typed, allOf: "schemas", unevaluatedProperties: "further" }],
  ["Literal", { ...typed, const: "own" }],
  ["Never", { not: "own" }],
  ["Not", { not: "schema" }],
  ["Null", typed],
  ["Number", numbers],
  [
    "Object",
    {
      ...typed,
      ...properties,
      properties: "named schemas",
      required: "texts",
      additionalProperties: "further",
    },
  ],
  [
    "Record",
    {
      ...typed,
      ...properties,
      patternProperties: "named schemas",
      additionalProperties: "further",
    },
  ],
  ["Ref", { $ref: "text" }],
  ["RegExp", { ...typed, ...lengths, source: "text", flags: "text" }],
  ["String", { ...typed, ...lengths, pattern: "text", format: "text" }],
  ["TemplateLiteral", { ...typed, pattern: "text" }],
  ["This", { $ref: "text" }],
  [
    "Tuple",
    { ...typed, items: "schemas", additionalItems: "own", minItems: "count", maxItems: "count" },
  ],
  ["Uint8Array", { ...typed, minByteLength: "count", maxByteLength: "count" }],
  ["Undefined", typed],
  ["Union", { anyOf: "schemas" }],
  ["Unknown", {}],
  ["Void", typed],
]);

/**
 * @throws TypewireError `protocol-invalid` where `schema`, which stands at `path`, has a keyword that its
 * kind does not enforce, with the one that was meant, or a value that its keyword cannot have. Kinds
 * without a wire form are refused elsewhere, with what is the matter with them.
 */
export function assertKeywords(schema: TSchema, path: string): void {
  const kind: string = schema[Kind];
  const keywords = KEYWORDS.get(kind);
  if (keywords === undefined) return;
  for (const [keyword, value] of Object.entries(schema)) {
    // The name of a type asks nothing, and has to be one.
    if (value === undefined) continue;
    if (keyword !== "$id" && isAnnotation(keyword)) {
      const misfit = misfitOfAnnotation(value);
      if (misfit === undefined) continue;
      throw refuse(path, `${keyword}: expected ${misfit}`);
    }
    const operand = operandOf(keyword, keywords);
    if (operand === undefined) {
      const names = Object.keys(keywords).filter((name) => GIVEN.has(keywords[name] ?? "own"));
      const advice = adviceOn(keyword, schema, kind, names);
      throw refuse(path, `Type.${kind} does not enforce "${keyword}"; ${advice}`);
    }
    const expected = misfitOf(operand, value);
    if (expected !== undefined) {
      const received = typeof value === "bigint" ? "a bigint" : describeKind(value);
      const isFlag = keyword.startsWith("exclusive") && typeof value === "boolean";
      const advice = isFlag ? `; write the bound itself, ${keyword}: 0` : "";
      throw refuse(path, `${keyword}: expected ${expected}, got ${received}${advice}`);
    }
  }
  assertKept(schema, path);
  const missing = WRITTEN.get(kind)?.find((keyword) => schema[keyword] === undefined);
  if (missing !== undefined) throw refuse(path, `a Type.${kind} without "${missing}" says nothing`);
  assertType(schema, path);
  assertRecordKey(schema, path);
}

/** @throws TypewireError `protocol-invalid` where a keyword was given that TypeBox writes itself, and otherwise. */
function assertKept(schema: TSchema, path: string): void {
  const { [LOST_KEYWORDS]: lost } = schema as { readonly [LOST_KEYWORDS]?: readonly string[] };
  const [keyword] = lost ?? [];
  if (keyword === undefined) return;
  const kind: string = schema[Kind];
  const advice =
    kind === "Tuple"
      ? "it has exactly the items that it lists; write Type.Array for other numbers, or a Type.Union of tuples"
      : kind === "Object" && keyword === "required"
        ? "each property is required unless it is Type.Optional"
        : "leave it out";
  throw refuse(path, `Type.${kind} writes "${keyword}" itself: ${advice}`);
}

/** What TypeBox writes into every type of a kind; only a copy made by hand can lack it. */
const WRITTEN: ReadonlyMap<string, readonly string[]> = new Map([
  ["Array", ["items"]],
  ["Import", ["$defs", "$ref"]],
  ["Intersect", ["allOf"]],
  ["Not", ["not"]],
  ["Object", ["properties"]],
  ["Record", ["patternProperties"]],
  ["Ref", ["$ref"]],
  ["RegExp", ["source", "flags"]],
  ["TemplateLiteral", ["pattern"]],
  ["This", ["$ref"]],
  ["Union", ["anyOf"]],
]);

/** What a program gives, where TypeBox does not write it. */
const GIVEN: ReadonlySet<Operand> = new Set([
  "count",
  "number",
  "bigint",
  "flag",
  "text",
  "schema",
  "further",
]);

function operandOf(keyword: string, keywords: Keywords): Operand | undefined {
  if (keyword === "$id") return "text";
  return Object.hasOwn(keywords, keyword) ? keywords[keyword] : undefined;
}

/** What the value of a keyword should have been; undefined where it is that. */
function misfitOf(operand: Operand, value: unknown): string | undefined {
  switch (operand) {
    case "count":
      return Number.isSafeInteger(value) && (value as number) >= 0
        ? undefined
        : "a whole number from 0";
    case "number":
      return Number.isFinite(value) ? undefined : "a number";
    case "bigint":
      return typeof value === "bigint" ? undefined : "a bigint, such as 5n";
    case "flag":
      return typeof value === "boolean" ? undefined : "true or false";
    case "text":
      return typeof value === "string" ? undefined : "a text";
    case "texts":
      return Array.isArray(value) && value.every((each) => typeof each === "string")
        ? undefined
        : "names of properties";
    case "schema":
      return isObject(value) ? undefined : "a type";
    case "schemas":
      return Array.isArray(value) ? undefined : "an array of types";
    case "named schemas":
      return isMap(value) && !(value instanceof RegExp) ? undefined : "an object of types";
    case "further":
      return typeof value === "boolean" || isObject(value) ? undefined : "true, false or a type";
    case "own":
      return undefined;
  }
}

/** What a reader is told is written down, so it has to have an end. `around` is what `value` stands in. */
function misfitOfAnnotation(value: unknown, around: readonly unknown[] = []): string | undefined {
  if (!isMap(value) && !Array.isArray(value)) return undefined;
  if (around.includes(value)) return "a value that does not contain itself";
  if (around.length >= MOST_TYPE_LEVELS) return `a value of at most ${MOST_TYPE_LEVELS} levels`;
  for (const part of Object.values(value as object)) {
    const misfit = misfitOfAnnotation(part, [...around, value]);
    if (misfit !== undefined) return misfit;
  }
  return undefined;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

/** `type` is TypeBox's to write. Several of them would be a union. */
function assertType(schema: TSchema, path: string): void {
  if (!Array.isArray(schema["type"])) return;
  throw refuse(
    path,
    "several types are a Type.Union; for a value or null write Type.Union([ …, Type.Null()])",
  );
}
