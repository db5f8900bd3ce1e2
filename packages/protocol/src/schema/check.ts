// The last word on whether a value is what its schema describes: the compiled TypeBox check, once it is
// worth compiling. Before that, and where it cannot be had, would be wrong or take exponential time, the
// walk that explains faults judges in its place.

import { Kind, type TSchema } from "@sinclair/typebox";
import { TypeCompiler, TypeCompilerTypeGuardError } from "@sinclair/typebox/compiler";

import { type CodeBudget, USES_BEFORE_CODE } from "../code-budget.ts";
import { schemaMismatch, type TypewireError } from "../errors.ts";
import { isAnyKey } from "./check-schema.ts";
import { describeKind } from "./describe-kind.ts";
import { faultOf, findFault } from "./fault.ts";
import { holdsRecursiveUnion } from "./recursion.ts";
import {
  type ObjectShape,
  passesUndefined,
  resolveShape,
  type Shape,
  shapesIn,
  unionMembers,
  type UnionShape,
} from "./shape.ts";

/** Whether a value satisfies one schema. */
export interface Check {
  /** Whether `value` satisfies the schema. */
  passes(value: unknown): boolean;
  /**
   * The error for a value that does not: its first fault, by path and kind, never the value itself.
   * `otherwise` is the error where the value by itself has no fault.
   */
  explain(value: unknown, otherwise?: TypewireError): TypewireError;
}

/** What a check may be compiled with, and when. */
export interface CheckOptions {
  /** The schemas that the checked one may refer to. */
  readonly references?: readonly TSchema[];
  /** Says when the check may be compiled; without it that is at its first use. */
  readonly budget?: CodeBudget | undefined;
}

/** A message that has its own code by then is seldom checked again, and its check need not be compiled. */
const USES_BEFORE_CHECK = 4 * USES_BEFORE_CODE;

/** The check of a larger schema is not compiled: TypeBox writes out each type at each place. */
const MAX_TYPES = 1000;

/**
 * A check of `schema`, whose shape is `shape`. The walk that explains faults judges the first values, so
 * that what a peer sends once or twice makes no code; then the check is compiled, in a turn of its own.
 */
export function compileCheck(
  schema: TSchema,
  shape: Shape,
  { references = [], budget }: CheckOptions = {},
): Check {
  const walk = (value: unknown): boolean => faultOf(shape, value) === undefined;
  let compiled: ((value: unknown) => boolean) | undefined;
  let uses = 0;
  const compile = (): ((value: unknown) => boolean) => {
    const types = shapesIn(shape).size;
    if (needsWalk(shape) || types > MAX_TYPES || budget?.takeTypes(types) === false) return walk;
    const known = references.filter((reference) => reference !== schema);
    const predicate = compilePredicate(schema, known);
    if (predicate === undefined) return walk;
    // The walk has the last word: TypeBox counts properties that are not enumerable, and do not travel.
    return (value) => predicate(value) || walk(value);
  };
  return {
    passes(value) {
      if (compiled !== undefined) return compiled(value);
      uses += 1;
      if (budget === undefined || (uses > USES_BEFORE_CHECK && budget.takeTurn())) {
        compiled = compile();
      }
      return (compiled ?? walk)(value);
    },
    explain: (value, otherwise) =>
      findFault(shape, value) ??
      otherwise ??
      schemaMismatch("", "a value of the schema", describeKind(value)),
  };
}

/** TypeBox's check as compiled code; undefined where it cannot be had. */
function compilePredicate(
  schema: TSchema,
  references: readonly TSchema[],
): ((value: unknown) => boolean) | undefined {
  try {
    const compiled = TypeCompiler.Compile(schema, [...references]);
    return (value) => compiled.Check(value);
  } catch (error) {
    // Code generation is forbidden here, or a name has control characters, which its compiler refuses, or
    // holds what the compiler of an early 0.34 quotes wrongly.
    const isKnown = [EvalError, SyntaxError, TypeCompilerTypeGuardError].some(
      (kind) => error instanceof kind,
    );
    if (isKnown) return undefined;
    throw error;
  }
}

/** Whether `shape` has something that the compiled check of some TypeBox 0.34 misjudges, or is slow at. */
function needsWalk(shape: Shape): boolean {
  if (holdsRecursiveUnion(shape)) return true;
  return [...shapesIn(shape)].some(
    (part) =>
      (part.kind === "object" && isMisjudgedObject(part)) ||
      (part.kind === "union" && (mixesObjects(part) || hasManyLiterals(part))) ||
      part.schemas.some(isMisjudged),
  );
}

function isMisjudgedObject(shape: ObjectShape): boolean {
  // Of several objects that are one, each would judge the properties of the others.
  const isIntersection = shape.schemas.length > 1;
  return (
    isIntersection ||
    countsProperties(shape) ||
    mistakesAbsence(shape) ||
    nestsFurtherProperties(shape)
  );
}

/** Whether properties are counted: those that are undefined or not described would count as well. */
function countsProperties({ schemas }: ObjectShape): boolean {
  return schemas.some(
    (schema) => schema["minProperties"] !== undefined || schema["maxProperties"] !== undefined,
  );
}

/** Whether what a part of `shape` asks cannot be judged before it is known what is left out of the part. */
export function judgesWholes(shape: Shape): boolean {
  return [...shapesIn(shape)].some((part) =>
    part.schemas.some(
      (schema) =>
        schema[Kind] === "Not" ||
        schema["uniqueItems"] === true ||
        schema["contains"] !== undefined,
    ),
  );
}

/** Kinds of which the compiled check knows that undefined is among their values, and looks for the property. */
const KNOWN_UNDEFINED: ReadonlySet<string> = new Set(["Any", "Undefined", "Unknown"]);

/** Whether a required property that is absent would pass for undefined, or for one that every object inherits. */
function mistakesAbsence(shape: ObjectShape): boolean {
  return shape.properties.some(({ name, optional, shape: part }) => {
    if (name in Object.prototype) return true;
    if (optional || !passesUndefined(part)) return false;
    const kinds = shape.schemas.map((schema) => schema["properties"]?.[name]?.[Kind]);
    return kinds.some((kind) => kind !== undefined && !KNOWN_UNDEFINED.has(kind));
  });
}

/** Whether further properties have further properties: one variable of the compiled check hides the other. */
function nestsFurtherProperties({ rest }: ObjectShape): boolean {
  if (typeof rest !== "object") return false;
  return [...shapesIn(rest)].some(
    (part) => part.kind === "object" && typeof part.rest === "object",
  );
}

/** Whether a Date or bytes that their own member refuses would pass for one of the objects. */
function mixesObjects(union: UnionShape): boolean {
  const kinds = unionMembers(union).map((member) => resolveShape(member.shape)?.kind);
  return kinds.includes("object") && (kinds.includes("date") || kinds.includes("bytes"));
}

/** The compiled check compares a value with one literal after another; the walk looks it up. */
const MAX_LITERALS = 64;

function hasManyLiterals(union: UnionShape): boolean {
  if (union.members.length <= MAX_LITERALS) return false;
  const literals = union.members.filter(({ shape }) => resolveShape(shape)?.kind === "literal");
  return literals.length > MAX_LITERALS;
}

/** Text that the compilers before 0.34.52 put into code without quoting it as they should. */
const ILL_QUOTED = /^$|['\\\p{Cc}\u2028\u2029]/u;

function isMisjudged(schema: TSchema): boolean {
  switch (schema[Kind]) {
    case "Object":
      return Object.keys(schema["properties"] ?? {}).some((name) => ILL_QUOTED.test(name));
    case "Literal":
      return typeof schema["const"] === "string" && ILL_QUOTED.test(schema["const"]);
    // Bounds are compiled into number literals, which round; a remainder is compared with 0, which 0n is not.
    case "BigInt":
      return Object.entries(schema).some(
        ([keyword, bound]) =>
          typeof bound === "bigint" &&
          (keyword === "multipleOf" || BigInt(Number(bound)) !== bound),
      );
    // Remainders of doubles are not those of decimals.
    case "Integer":
    case "Number":
      return schema["multipleOf"] !== undefined;
    // A RegExp with these flags remembers where its last match ended.
    case "RegExp":
      return /[gy]/.test(schema["flags"]);
    // A pattern is compiled without the flag `u`, and the check of a format may throw.
    case "String":
      return schema["pattern"] !== undefined || schema["format"] !== undefined;
    case "TemplateLiteral":
      return true;
    // Further properties are looked for in the wrong place.
    case "Record":
      return (
        typeof schema["additionalProperties"] === "object" ||
        Object.keys(schema["patternProperties"] ?? {}).some((pattern) => !isAnyKey(pattern))
      );
    // No item at all is asked for as one, and what is looked for may be misjudged itself; items that differ are
    // told apart by a slow hash.
    case "Array":
      return schema["contains"] !== undefined || schema["uniqueItems"] === true;
    case "Not":
      return true;
    default:
      return false;
  }
}
