// Schemas of values without parts, in every kind and with bounds, each with values that satisfy it.

import { FormatRegistry, type TSchema, Type } from "@sinclair/typebox";
import fc from "fast-check";

import { arbitraryText, arbitraryUnknown } from "./arbitrary-values.ts";

/** A schema, values of it, and what its values are on the wire, so that a union stays unambiguous. */
export interface Sample {
  readonly schema: TSchema;
  readonly values: fc.Arbitrary<unknown>;
  readonly forms: readonly Form[];
}

/** Wire forms that tell a union's members apart. Numbers, dates and big integers are one. */
export type Form =
  "null" | "undefined" | "boolean" | "number" | "text" | "bytes" | "array" | "object" | "any";

const LOWER_CASE = "typewire-lower-case";
FormatRegistry.Set(LOWER_CASE, (value) => /^[a-z]*$/.test(value));

function leaf(schema: TSchema, form: Form, values: fc.Arbitrary<unknown>): fc.Arbitrary<Sample> {
  return fc.constant({ schema, values, forms: [form] });
}

/** All of them. */
export const LEAVES: readonly fc.Arbitrary<Sample>[] = [
  leaf(Type.Null(), "null", fc.constant(null)),
  leaf(Type.Undefined(), "undefined", fc.constant(undefined)),
  leaf(Type.Void(), "undefined", fc.constant(undefined)),
  leaf(Type.Boolean(), "boolean", fc.boolean()),
  leaf(
    Type.Integer(),
    "number",
    fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -300, max: 300 })),
  ),
  leaf(
    Type.Integer({ minimum: -5, exclusiveMaximum: 70_000, multipleOf: 5 }),
    "number",
    fc.integer({ min: -1, max: 13_999 }).map((n) => n * 5),
  ),
  leaf(Type.Number(), "number", fc.double({ noNaN: true, noDefaultInfinity: true })),
  leaf(
    Type.Number({ exclusiveMinimum: 0, maximum: 1 }),
    "number",
    fc.double({ min: Number.MIN_VALUE, max: 1, noNaN: true }),
  ),
  leaf(Type.BigInt(), "number", fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n })),
  leaf(
    Type.BigInt({ minimum: -5n, maximum: 2n ** 63n - 1n }),
    "number",
    fc.bigInt({ min: -5n, max: 2n ** 63n - 1n }),
  ),
  leaf(Type.Date(), "number", fc.date({ noInvalidDate: true })),
  leaf(
    Type.Date({ minimumTimestamp: 0 }),
    "number",
    fc.date({ noInvalidDate: true, min: new Date(0) }),
  ),
  leaf(Type.String(), "text", arbitraryText),
  leaf(
    Type.String({ minLength: 2, maxLength: 5 }),
    "text",
    fc.string({ minLength: 2, maxLength: 5, unit: "binary-ascii" }),
  ),
  leaf(Type.String({ pattern: "^[a-z]{1,5}$" }), "text", fc.stringMatching(/^[a-z]{1,5}$/)),
  leaf(Type.String({ format: LOWER_CASE }), "text", fc.stringMatching(/^[a-z]*$/)),
  leaf(Type.RegExp(/^\d+é?$/u), "text", fc.stringMatching(/^\d+é?$/)),
  leaf(Type.TemplateLiteral("v${1|2}-${boolean}"), "text", fc.constantFrom("v1-true", "v2-false")),
  leaf(Type.String({ pattern: "^\\p{Lu}{1,3}$" }), "text", fc.constantFrom("Ñ", "ŁÓ", "𝒳ÀB")),
  leaf(
    Type.TemplateLiteral("${number}px"),
    "text",
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => `${number}px`),
  ),
  leaf(Type.Literal("fixed"), "text", fc.constant("fixed")),
  leaf(Type.Literal(-1.5), "number", fc.constant(-1.5)),
  leaf(Type.Literal(false), "boolean", fc.constant(false)),
  leaf(Type.Enum({ A: "a", B: "b" }), "text", fc.constantFrom("a", "b")),
  leaf(Type.Enum({ A: 0, B: 70_000 }), "number", fc.constantFrom(0, 70_000)),
  leaf(Type.Uint8Array(), "bytes", fc.uint8Array({ maxLength: 300 })),
  leaf(
    Type.Uint8Array({ minByteLength: 1, maxByteLength: 4 }),
    "bytes",
    fc.uint8Array({ minLength: 1, maxLength: 4 }),
  ),
  leaf(Type.Unknown(), "any", arbitraryUnknown),
  leaf(Type.Any(), "any", arbitraryUnknown),
  leaf(
    Type.Not(Type.String()),
    "any",
    arbitraryUnknown.filter((value) => typeof value !== "string"),
  ),
];
