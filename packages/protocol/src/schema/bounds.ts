// Constraints of one type that no value satisfies, and values of keywords that mean nothing: looked at one
// type at a time, when a protocol is defined. What follows from how types stand inside each other is
// looked at in `inhabited.ts`.

import { FormatRegistry, Kind, OptionalKind, type TSchema } from "@sinclair/typebox";

import { refuse } from "../errors.ts";
import { decimalOf } from "./decimal-steps.ts";
import { describeKind } from "./describe-kind.ts";
import { adviceOnUnregistered } from "./format-advice.ts";
import { compilePattern } from "./pattern.ts";
import { MAX_DATE_MS } from "./shape.ts";

type Given = Readonly<Record<string, unknown>>;

/**
 * @throws TypewireError `protocol-invalid` where no value satisfies what `schema`, which stands at `path`,
 * asks by itself, or where a part of it cannot be spoken: a pattern that is none, a literal that has no
 * wire form, a name that is no Unicode.
 */
export function assertBounds(schema: TSchema, path: string, isOptional: boolean): void {
  const given: Given = schema;
  switch (schema[Kind] as string) {
    case "String":
    case "RegExp":
      assertOrder(given, "minLength", "maxLength", path);
      assertText(given, path);
      return;
    case "TemplateLiteral":
      if (!(given["pattern"] as string).isWellFormed()) {
        throw refuse(path, "a template literal must be well-formed Unicode, got a lone surrogate");
      }
      compilePattern(given["pattern"] as string, path);
      return;
    case "Uint8Array":
      assertOrder(given, "minByteLength", "maxByteLength", path);
      return;
    case "Number":
    case "Integer":
    case "BigInt":
      assertRange(given, schema[Kind] as string, "", path);
      return;
    case "Date":
      assertRange(given, "Date", "Timestamp", path);
      return;
    case "Literal":
      assertLiteral(given["const"], path);
      return;
    case "Array":
      assertArray(given, path);
      return;
    case "Tuple":
      assertTuple(given, path);
      return;
    case "Object":
    case "Record":
      assertObject(given, path);
      return;
    case "Union":
      if (Array.isArray(given["anyOf"]) && given["anyOf"].length > 0) return;
      throw refuse(path, "a union without members has no values");
    case "Never":
      // The type of a property that must not be there.
      if (isOptional) return;
      throw refuse(path, "Type.Never has no values; only an optional property may have this type");
    default:
  }
}

function assertOrder(given: Given, least: string, most: string, path: string): void {
  const [from, to] = [given[least], given[most]];
  if (typeof from !== "number" || typeof to !== "number" || from <= to) return;
  throw refuse(path, `no value has ${least}: ${from} and ${most}: ${to}`);
}

function assertText(given: Given, path: string): void {
  const { pattern, format, source, flags } = given;
  if (typeof pattern === "string") compilePattern(pattern, path);
  if (typeof source === "string") {
    compilePattern(source, path, flags as string);
    if (/\\(?:[pP]|u\{)/.test(source) && !/[uv]/.test(flags as string)) {
      throw refuse(path, "\\p{…} and \\u{…} have a meaning only with the flag u; write /…/u");
    }
  }
  if (typeof format === "string" && !FormatRegistry.Has(format)) {
    throw refuse(path, `the format "${format}" is not registered; ${adviceOnUnregistered(format)}`);
  }
}

/** What to write for values that are no literals. */
const NO_LITERALS: readonly (readonly [isOf: (value: unknown) => boolean, type: string])[] = [
  [(value) => value === null, "Type.Null()"],
  [(value) => value === undefined, "Type.Undefined()"],
  [(value) => typeof value === "number", "Type.Null(): no JSON has such a number"],
  [(value) => value instanceof Date, "Type.Date()"],
  [(value) => value instanceof RegExp, "Type.RegExp(/…/)"],
  [Array.isArray, "Type.Tuple([ … ]) with a Type.Literal for each item"],
  [
    (value) => typeof value === "object",
    "Type.Object({ … }) with a Type.Literal for each property",
  ],
];

function assertLiteral(value: unknown, path: string): void {
  if (Object.is(value, -0)) {
    throw refuse(path, "0 and -0 are equal to every check; write Type.Literal(0), which has both");
  }
  if (typeof value === "boolean" || Number.isFinite(value)) return;
  if (typeof value === "string") {
    if (value.isWellFormed()) return;
    throw refuse(path, "a literal must be well-formed Unicode, got a lone surrogate");
  }
  if (typeof value === "bigint") {
    throw refuse(
      path,
      `a literal is a text, a number or a boolean; write Type.BigInt({ minimum: ${value}n, maximum: ${value}n })`,
    );
  }
  const type = NO_LITERALS.find(([isOf]) => isOf(value))?.[1];
  const advice = type === undefined ? "" : `; write ${type}`;
  throw refuse(
    path,
    `a literal is a text, a finite number or a boolean, got ${describeKind(value)}${advice}`,
  );
}

function assertArray(given: Given, path: string): void {
  assertOrder(given, "minItems", "maxItems", path);
  const { contains, minContains, maxContains, maxItems } = given as Readonly<
    Record<string, number | undefined>
  >;
  if (contains === undefined) {
    if (minContains === undefined && maxContains === undefined) return;
    throw refuse(path, "minContains and maxContains count what contains describes; write contains");
  }
  const least = minContains ?? 1;
  if (least > (maxContains ?? Infinity)) {
    throw refuse(path, `no value has minContains: ${least} and maxContains: ${maxContains}`);
  }
  if (least > (maxItems ?? Infinity)) {
    throw refuse(path, `no value has minContains: ${least} and maxItems: ${maxItems}`);
  }
}

function assertTuple(given: Given, path: string): void {
  const { items, minItems, maxItems, additionalItems } = given;
  const all: readonly TSchema[] = Array.isArray(items) ? items : [];
  if (all.some((item) => typeof item === "object" && item !== null && OptionalKind in item)) {
    throw refuse(
      path,
      "an item of a Type.Tuple cannot be left out; write a Type.Union of tuples, one for each number of items",
    );
  }
  const count = all.length;
  const isExact = [minItems, maxItems].every((bound) => bound === undefined || bound === count);
  if (isExact && (additionalItems === undefined || additionalItems === false)) return;
  throw refuse(
    path,
    `a Type.Tuple has exactly the ${count} items that it lists; write Type.Array for other numbers`,
  );
}

function assertObject(given: Given, path: string): void {
  const {
    properties = {},
    required = [],
    patternProperties = {},
  } = given as {
    readonly properties?: object;
    readonly required?: readonly string[];
    readonly patternProperties?: object;
  };
  for (const pattern of Object.keys(patternProperties)) compilePattern(pattern, path);
  for (const name of Object.keys(properties)) {
    if (name.isWellFormed()) continue;
    throw refuse(path, "the name of a property must be well-formed Unicode, got a lone surrogate");
  }
  const missing = required.find((name) => !Object.hasOwn(properties, name));
  if (missing !== undefined) {
    throw refuse(path, `"${missing}" is required and no property; give it a type in properties`);
  }
}

/** A whole number of units of 10^−`places`. */
interface Scaled {
  readonly units: bigint;
  readonly places: number;
}

const NUMBERS = [scaled(-Number.MAX_VALUE), scaled(Number.MAX_VALUE)] as const;

/** The widest that a value may be, by kind: a double, 64 bits, and the range of a Date. */
const LIMITS: Readonly<Record<string, readonly [least: Scaled, most: Scaled]>> = {
  Number: NUMBERS,
  Integer: NUMBERS,
  BigInt: [scaled(-(2n ** 63n)), scaled(2n ** 64n - 1n)],
  Date: [scaled(-MAX_DATE_MS), scaled(MAX_DATE_MS)],
};

const RANGE = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"] as const;

/** Numbers stand on a grid: that of `multipleOf`, and of whole numbers where the kind has no others. */
function assertRange(given: Given, kind: string, suffix: string, path: string): void {
  const read = (keyword: string): Scaled | undefined => {
    const value = given[`${keyword}${suffix}`] as number | bigint | undefined;
    return value === undefined ? undefined : scaled(value);
  };
  // Most numbers have none, and a protocol may have a hundred thousand of them.
  if (RANGE.every((keyword) => read(keyword) === undefined)) return;
  const step = read("multipleOf");
  if (step !== undefined && step.units <= 0n) {
    throw refuse(path, `multipleOf${suffix}: expected more than 0`);
  }
  const [least, most] = LIMITS[kind] ?? [];
  const grid = [step, kind === "Number" ? undefined : scaled(1)].filter(
    (each) => each !== undefined,
  );
  const lower = [least, read("minimum"), read("exclusiveMinimum")];
  const upper = [most, read("maximum"), read("exclusiveMaximum")];
  if (isEmpty(lower, upper, grid)) {
    throw refuse(path, `no value is within the bounds of this Type.${kind}`);
  }
}

type Bounds = readonly (Scaled | undefined)[];

/** Whether no multiple of every one of `grid` lies within; the last of each bound is exclusive. */
function isEmpty(lower: Bounds, upper: Bounds, grid: readonly Scaled[]): boolean {
  const places = Math.max(0, ...[...lower, ...upper, ...grid].map((each) => each?.places ?? 0));
  const at = (value: Scaled): bigint => value.units * 10n ** BigInt(places - value.places);
  // Without a grid between two numbers lies another, unless they are next to each other or the same.
  const step = grid.length === 0 ? undefined : grid.map(at).reduce(leastCommonMultiple);
  const unit = step ?? 1n;
  const scale = step === undefined ? 2n : 1n;
  const ends = (bounds: Bounds, sign: 1n | -1n): bigint[] =>
    bounds.flatMap((bound, index) => {
      if (bound === undefined) return [];
      const isExclusive = index === bounds.length - 1;
      return [sign * at(bound) * scale + (isExclusive ? 1n : 0n)];
    });
  const from = greatest(ends(lower, 1n));
  const to = greatest(ends(upper, -1n));
  if (from === undefined || to === undefined) return false;
  return ceiling(from, unit) * unit > -to;
}

function greatest(values: readonly bigint[]): bigint | undefined {
  return values.reduce<bigint | undefined>(
    (most, value) => (most === undefined || value > most ? value : most),
    undefined,
  );
}

function ceiling(value: bigint, step: bigint): bigint {
  const quotient = value / step;
  return quotient * step < value ? quotient + 1n : quotient;
}

function leastCommonMultiple(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return (a / x) * b;
}

function scaled(value: number | bigint): Scaled {
  if (typeof value === "bigint") return { units: value, places: 0 };
  const { digits, places } = decimalOf(value);
  const units = value < 0 ? -digits : digits;
  return places < 0 ? { units: units * 10n ** BigInt(-places), places: 0 } : { units, places };
}
