// What a schema may say: for each kind of type the keywords that both ends enforce, and annotations, which
// ask nothing. All other keywords are refused when the protocol is defined, since a constraint that is
// written down and not enforced is worse than none. Whether the constraints of one type contradict each
// other is looked at in `bounds.ts`.

import { Kind, type TSchema } from "@sinclair/typebox";

import { refuse } from "../errors.ts";
import { describeKind } from "./describe-kind.ts";
import { adviceOn } from "./keyword-advice.ts";
import { assertRecordKey } from "./record-key.ts";

/** What the value of a keyword has to be; `own` is TypeBox's to write and read elsewhere. */
type Operand = "count" | "number" | "bigint" | "flag" | "text" | "schema" | "further" | "own";

type Keywords = Readonly<Record<string, Operand>>;

/** Say something to a reader and ask nothing of a value. So does every keyword that begins with `x-`. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
  "$comment",
  "$id",
  "$schema",
  "default",
  "deprecated",
  "description",
  "example",
  "examples",
  "externalDocs",
  "readOnly",
  "title",
  "writeOnly",
]);

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
      items: "own",
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
  ["Import", { $defs: "own", $ref: "own" }],
  ["Integer", numbers],
  ["Intersect", { ...typed, allOf: "own", unevaluatedProperties: "further" }],
  ["Literal", { ...typed, const: "own" }],
  ["Never", { not: "own" }],
  ["Not", { not: "own" }],
  ["Null", typed],
  ["Number", numbers],
  [
    "Object",
    {
      ...typed,
      ...properties,
      properties: "own",
      required: "own",
      additionalProperties: "further",
    },
  ],
  [
    "Record",
    { ...typed, ...properties, patternProperties: "own", additionalProperties: "further" },
  ],
  ["Ref", { $ref: "own" }],
  ["RegExp", { ...typed, ...lengths, source: "own", flags: "own" }],
  ["String", { ...typed, ...lengths, pattern: "text", format: "text" }],
  ["TemplateLiteral", { ...typed, pattern: "own" }],
  ["This", { $ref: "own" }],
  [
    "Tuple",
    { ...typed, items: "own", additionalItems: "own", minItems: "count", maxItems: "count" },
  ],
  ["Uint8Array", { ...typed, minByteLength: "count", maxByteLength: "count" }],
  ["Undefined", typed],
  ["Union", { anyOf: "own" }],
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
    if (value === undefined || isAnnotation(keyword)) continue;
    const operand = Object.hasOwn(keywords, keyword) ? keywords[keyword] : undefined;
    if (operand === undefined) {
      const names = Object.keys(keywords).filter((name) => keywords[name] !== "own");
      const advice = adviceOn(keyword, schema, kind, names);
      throw refuse(path, `Type.${kind} does not enforce "${keyword}"; ${advice}`);
    }
    const expected = misfitOf(operand, value);
    if (expected !== undefined) {
      const received = typeof value === "bigint" ? "a bigint" : describeKind(value);
      throw refuse(path, `${keyword}: expected ${expected}, got ${received}`);
    }
  }
  assertType(schema, path);
  assertRecordKey(schema, path);
}

/** Whether a keyword asks nothing of a value. */
export function isAnnotation(keyword: string): boolean {
  return ANNOTATIONS.has(keyword) || keyword.startsWith("x-");
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
    case "schema":
      return isObject(value) ? undefined : "a type";
    case "further":
      return typeof value === "boolean" || isObject(value) ? undefined : "true, false or a type";
    case "own":
      return undefined;
  }
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
