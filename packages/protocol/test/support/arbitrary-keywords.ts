// Schemas with every keyword that `defineProtocol` enforces, each with values that satisfy it: leaves, and
// containers that are made around other samples.

import { FormatRegistry, type TSchema } from "@sinclair/typebox";
import fc from "fast-check";

import { Type } from "../../src/schema/type.ts";
import type { Form, Sample } from "./arbitrary-leaves.ts";
import { isSame } from "./schema-judge.ts";

/** Its check throws for text that it does not like. */
const THROWING = "typewire-throwing";
FormatRegistry.Set(THROWING, (text) => {
  if (text.includes("x")) throw new Error("a check that throws");
  return true;
});

function leaf(schema: TSchema, form: Form, values: fc.Arbitrary<unknown>): Sample {
  return { schema, values, forms: [form] };
}

/** A template literal; what it matches by `docs/wire.md` stands beside it, for `schema-judge.ts`. */
function template(syntax: string, meant: string, ...values: readonly string[]): Sample {
  const schema = Type.TemplateLiteral(syntax, { "x-pattern": meant });
  return leaf(schema, "text", fc.constantFrom(...values));
}

const day = 86_400_000;
const NUMBER = "-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?";

/** Leaves. */
export const CONSTRAINED: readonly Sample[] = [
  leaf(
    Type.Number({ multipleOf: 0.01 }),
    "number",
    fc.integer({ min: -1e6, max: 1e6 }).map((n) => n / 100),
  ),
  leaf(Type.Number({ multipleOf: 1e-7, minimum: 0 }), "number", fc.constantFrom(0, 3e-7, 0.5, 12)),
  leaf(
    Type.Integer({ exclusiveMinimum: 0, exclusiveMaximum: 9 }),
    "number",
    fc.integer({ min: 1, max: 8 }),
  ),
  leaf(
    Type.BigInt({ multipleOf: 2n, exclusiveMinimum: -6n }),
    "number",
    fc.bigInt({ min: -2n, max: 2n ** 62n }).map((n) => n * 2n),
  ),
  leaf(
    Type.BigInt({ minimum: 2n ** 53n + 1n, exclusiveMaximum: 2n ** 64n }),
    "number",
    fc.bigInt({ min: 2n ** 53n + 1n, max: 2n ** 64n - 1n }),
  ),
  leaf(
    Type.Date({
      exclusiveMinimumTimestamp: 0,
      exclusiveMaximumTimestamp: 100 * day,
      multipleOfTimestamp: day,
    }),
    "number",
    fc.integer({ min: 1, max: 99 }).map((n) => new Date(n * day)),
  ),
  leaf(
    Type.Date({ minimumTimestamp: -5, maximumTimestamp: 5 }),
    "number",
    fc.integer({ min: -5, max: 5 }).map((n) => new Date(n)),
  ),
  leaf(
    Type.String({ pattern: "^\\p{Lu}\\p{L}*$", maxLength: 6 }),
    "text",
    fc.constantFrom("Ñ", "Élan", "Ωmega", "A"),
  ),
  leaf(Type.String({ pattern: "^.$", minLength: 2 }), "text", fc.constantFrom("🎉", "𝒳")),
  leaf(Type.String({ format: THROWING }), "text", fc.constantFrom("", "a", "é")),
  leaf(
    Type.RegExp(/^[a-c]+$/iu, { minLength: 1, maxLength: 3 }),
    "text",
    fc.stringMatching(/^[A-c]{0}[a-cA-C]{1,3}$/),
  ),
  template("n${number}", `^n${NUMBER}$`, "n0", "n-1", "n0.5", "n1e21"),
  template("${bigint}!", "^(0|-?[1-9][0-9]*)!$", "0!", "-12!", "99999999999999999999!"),
  template("<${string}>", "^<[^]*>$", "<>", "<a\nb>", "<<>"),
  template("${a|b}-${boolean}", "^(a|b)-(true|false)$", "a-true", "b-false"),
  leaf(Type.Literal(""), "text", fc.constant("")),
  leaf(Type.Literal("'\n\\"), "text", fc.constant("'\n\\")),
  leaf(Type.Literal("🎉"), "text", fc.constant("🎉")),
  leaf(Type.Not(Type.Integer({ minimum: 5 })), "any", fc.constantFrom(null, "a", 4, 5.5, true)),
  leaf(Type.Not(Type.Literal("a")), "any", fc.constantFrom(null, "b", 0, "")),
  leaf(
    Type.Not(Type.Union([Type.Null(), Type.Array(Type.Unknown())])),
    "any",
    fc.constantFrom(0, "a", false),
  ),
];

/** An array whose items all differ. */
export function uniqueListOf({ schema, values }: Sample): Sample {
  const options = { maxLength: 3, comparator: isSame };
  return {
    schema: Type.Array(schema, { uniqueItems: true, maxItems: 3 }),
    values: fc.uniqueArray(values, options),
    forms: ["array"],
  };
}

/** An array of text and of integers, so many of which are positive. */
export const containing: fc.Arbitrary<Sample> = fc
  .tuple(fc.constantFrom(undefined, 0, 1, 2), fc.constantFrom(undefined, 2, 3))
  .map(([minContains, maxContains]) => {
    const counts = {
      ...(minContains === undefined ? {} : { minContains }),
      ...(maxContains === undefined ? {} : { maxContains }),
    };
    const counted = fc.array(fc.integer({ min: 1, max: 9 }), {
      minLength: minContains ?? 1,
      maxLength: maxContains ?? 3,
    });
    const others = fc.array(fc.oneof(fc.constantFrom("", "a"), fc.integer({ min: -9, max: 0 })), {
      maxLength: 3,
    });
    return {
      schema: Type.Array(Type.Union([Type.String(), Type.Integer()]), {
        contains: Type.Integer({ minimum: 1 }),
        ...counts,
      }),
      values: fc
        .tuple(counted, others)
        .chain(([some, rest]) =>
          fc.shuffledSubarray([...some, ...rest], { minLength: some.length + rest.length }),
        ),
      forms: ["array"],
    };
  });

/** A record with so many entries, and a record whose other keys have another schema, or any. */
export function countedRecordOf({ schema, values }: Sample): Sample {
  return {
    schema: Type.Record(Type.String(), schema, { minProperties: 1, maxProperties: 3 }),
    values: fc.dictionary(fc.constantFrom("a", "é", "0", ""), values, { minKeys: 1, maxKeys: 3 }),
    forms: ["object"],
  };
}

/** A record by pattern, whose other keys have another schema. */
export function openRecordOf({ schema, values }: Sample): Sample {
  return {
    schema: Type.Record(Type.String({ pattern: "^\\p{L}$" }), schema, {
      additionalProperties: Type.Boolean(),
    }),
    values: fc
      .tuple(
        fc.dictionary(fc.constantFrom("a", "é", "Ω"), values),
        fc.dictionary(fc.constantFrom("", "ab", "1"), fc.boolean()),
      )
      .map(([named, others]) => ({ ...named, ...others })),
    forms: ["object"],
  };
}

/** An object that keeps whatever else is there, under a property that must not be. */
export function anyFurtherOf({ schema, values }: Sample): Sample {
  return {
    schema: Type.Object(
      { named: schema, gone: Type.Optional(Type.Never()) },
      { additionalProperties: true, maxProperties: 3 },
    ),
    values: fc
      .tuple(values, fc.dictionary(fc.constantFrom("x", "y"), fc.constantFrom(null, 1, "a")))
      .map(([named, others]) => ({ named, ...others })),
    forms: ["object"],
  };
}

/** An intersection whose members share a property, and which is closed, or has a schema for the rest. */
export function sharedIntersectionOf({ schema, values }: Sample): readonly Sample[] {
  const members = [
    Type.Object({ shared: Type.Integer({ minimum: 1 }), left: schema }),
    Type.Object({ shared: Type.Integer({ maximum: 9 }), right: Type.Optional(Type.String()) }),
  ];
  const named = fc.record(
    { shared: fc.integer({ min: 1, max: 9 }), left: values, right: fc.constantFrom("", "a") },
    { requiredKeys: ["shared", "left"], noNullPrototype: true },
  );
  return [false, true, Type.Boolean()].map((rest) => ({
    schema: Type.Intersect(members, { unevaluatedProperties: rest } as object),
    values:
      rest === false
        ? named
        : named.map((fields) => ({ ...fields, further: fields.right === "a" })),
    forms: ["object"],
  }));
}
