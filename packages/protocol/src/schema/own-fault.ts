// Finds what is wrong with a value by itself, its parts aside, and words it. TypeBox judges, and its words
// become the wire's; decimal steps, patterns and formats are judged here, because TypeBox reads them otherwise
// than docs/schemas.md says. How the parts of a value fit together is `fault.ts`'s.

import { Kind, type TSchema, Type } from "@sinclair/typebox";
import { type ValueError, ValueErrorType } from "@sinclair/typebox/errors";
import { Value } from "@sinclair/typebox/value";

import { isMultipleOf } from "./decimal-steps.ts";
import { describeKind, isHollow } from "./describe-kind.ts";
import type { Fault } from "./fault-words.ts";
import { formatCheck } from "./format.ts";

type Found = Fault | undefined;

const ANY_TEXT = Type.String();

/** What TypeBox is asked about a value by itself, by schema: made once, since a walk asks at every value. */
const ownConstraintsOf = new WeakMap<TSchema, { readonly schema: TSchema | undefined }>();
const patternsOf = new WeakMap<TSchema, RegExp>();

/** What is wrong with a value by itself, its parts aside; undefined where nothing is. */
export function ownFault(schema: TSchema, value: unknown, path: string): Found {
  let own = ownConstraintsOf.get(schema);
  if (own === undefined) {
    own = { schema: ownConstraints(schema) };
    ownConstraintsOf.set(schema, own);
  }
  const constraints = own.schema;
  if (constraints === undefined) return undefined;
  // TypeBox would ask it for its time or its length.
  if (isHollow(value)) {
    return { path, expected: "a value of the schema", received: describeKind(value) };
  }
  // For a RegExp, Value.Check turns anything into a string first.
  if (schema[Kind] !== "RegExp" && Value.Check(constraints, value)) {
    return decimalFault(schema, value, path) ?? textFault(schema, value, path);
  }
  const error = Value.Errors(constraints, value).First();
  if (error === undefined) return undefined;
  // No item of a peer: a whole number that has been read for a bigint is one.
  if (schema[Kind] === "BigInt" && Number.isSafeInteger(value)) {
    return { path, expected: "a bigint, such as 1n", received: "JavaScript number" };
  }
  const isMeantForNumber =
    schema[Kind] !== "BigInt" && typeof value === "bigint" && Number.isSafeInteger(Number(value));
  const received = isMeantForNumber ? "JavaScript bigint" : describeKind(value);
  return { path, expected: wordingOf(schema, error), received };
}

/** What is wrong with a number where `multipleOf` asks for steps, which TypeBox does not count in decimal. */
function decimalFault(schema: TSchema, value: unknown, path: string): Found {
  const step: unknown = schema["multipleOf"];
  if (typeof step !== "number" || typeof value !== "number") return undefined;
  const kind = schema[Kind] === "Integer" ? "integer" : "number";
  if (isMultipleOf(step)(value)) return undefined;
  return { path, expected: `${kind} to be a multiple of ${step}`, received: describeKind(value) };
}

/** What is wrong with a text where TypeBox reads patterns without the flag `u`, and lets format checks throw. */
function textFault(schema: TSchema, value: unknown, path: string): Found {
  const { pattern, format } = schema as { readonly pattern?: string; readonly format?: string };
  if (typeof value !== "string" || schema[Kind] === "RegExp") return undefined;
  const expected = (what: string): Found => ({
    path,
    expected: `text to match ${what}`,
    received: describeKind(value),
  });
  if (pattern !== undefined && !patternOf(schema, pattern).test(value))
    return expected(`'${pattern}'`);
  if (format !== undefined && !formatCheck(format)(value)) return expected(`'${format}' format`);
  return undefined;
}

function patternOf(schema: TSchema, source: string): RegExp {
  let pattern = patternsOf.get(schema);
  if (pattern === undefined) {
    pattern = new RegExp(source, "u");
    patternsOf.set(schema, pattern);
  }
  return pattern;
}

/** The schema without its parts, which have shapes of their own, and without what is judged here. */
function ownConstraints(schema: TSchema): TSchema | undefined {
  switch (schema[Kind]) {
    case "Array":
      return {
        ...schema,
        items: Type.Unknown(),
        uniqueItems: undefined,
        contains: undefined,
        minContains: undefined,
        maxContains: undefined,
      };
    case "Tuple":
      return { ...schema, items: schema["items"]?.map(() => Type.Unknown()) };
    case "Integer":
    case "Number":
      return { ...schema, multipleOf: undefined };
    case "String":
      return { ...schema, pattern: undefined, format: undefined };
    case "TemplateLiteral":
      return ANY_TEXT;
    case "Intersect":
    case "Not":
    // That it is an object is known, and its properties are counted here.
    case "Object":
    case "Record":
    case "Union":
      return undefined;
    default:
      return schema;
  }
}

function wordingOf(schema: TSchema, error: ValueError): string {
  if (error.type === ValueErrorType.Never) return "nothing";
  if (schema[Kind] === "Literal") return JSON.stringify(schema["const"]);
  if (error.type === ValueErrorType.RegExp) {
    return `text to match /${schema["source"]}/${schema["flags"]}`;
  }
  return error.message
    .replace(/^Expected (to be )?/, "")
    .replace(/^bigint$/, "integer of at most 64 bits")
    .replace(/^\w+/, (name) => WIRE_WORDS.get(name) ?? name);
}

/** TypeBox names these kinds as JavaScript does; a peer in another language has no such names. */
const WIRE_WORDS: ReadonlyMap<string, string> = new Map([
  ["array", "list"],
  ["bigint", "integer"],
  ["Date", "date"],
  ["string", "text"],
  ["tuple", "list"],
  ["Uint8Array", "bytes"],
  ["void", "undefined"],
]);
