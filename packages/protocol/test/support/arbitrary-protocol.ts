// Random schemas of every kind that travels, each together with values that satisfy it. Made for round
// trips and for comparing codecs: what it gives, `defineProtocol` accepts and a codec must carry.

import { type TSchema, Type } from "@sinclair/typebox";
import fc from "fast-check";

import { defineProtocol } from "../../src/define-protocol.ts";
import { TypewireError } from "../../src/errors.ts";
import {
  anyFurtherOf,
  CONSTRAINED,
  containing,
  countedRecordOf,
  openRecordOf,
  sharedIntersectionOf,
  uniqueListOf,
} from "./arbitrary-keywords.ts";
import { type Form, LEAVES, type Sample } from "./arbitrary-leaves.ts";
import { asModule, chainOf, listOf, nullableListOf, treeOf } from "./arbitrary-recursive.ts";
import { arbitraryText, arbitraryUnknown, HOSTILE_NAMES, PLAIN_NAMES } from "./arbitrary-values.ts";

export interface SampleOptions {
  /** Levels of containers in a schema; recursive types go deeper in their values. Default 3. */
  readonly depth?: number;
  /** Whether properties may be named like what every object inherits, or with special characters. Default true. */
  readonly hostileNames?: boolean;
}

/** A message `m` whose body has this schema, and a value of it. */
export interface MessageSample {
  readonly body: TSchema;
  readonly message: { readonly type: "m" };
}

/** Schemas with their values, for a property of a message or any part of one. */
export function arbitrarySample(options: SampleOptions = {}): fc.Arbitrary<Sample> {
  const { depth = 3, hostileNames = true } = options;
  const names = hostileNames ? [...PLAIN_NAMES, ...HOSTILE_NAMES] : PLAIN_NAMES;
  return new Samples(names).any(depth);
}

/** Messages with their schemas. */
export function arbitraryMessage(options: SampleOptions = {}): fc.Arbitrary<MessageSample> {
  const { depth = 3, hostileNames = true } = options;
  const names = hostileNames ? [...PLAIN_NAMES, ...HOSTILE_NAMES] : PLAIN_NAMES;
  return new Samples(names).body(depth).chain(({ schema, values }) =>
    values.map((body) => ({
      body: schema,
      message: { type: "m" as const, ...(body as object) },
    })),
  );
}

class Samples {
  readonly #names: readonly string[];
  /** By depth, since making them takes longer than drawing from them. */
  readonly #made = new Map<number, fc.Arbitrary<Sample>>();

  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** Any schema of at most `depth` levels of containers. */
  any(depth: number): fc.Arbitrary<Sample> {
    const made = this.#made.get(depth) ?? this.#make(depth);
    this.#made.set(depth, made);
    return made;
  }

  #make(depth: number): fc.Arbitrary<Sample> {
    const leaf = fc.oneof(...LEAVES, ...CONSTRAINED.map((sample) => fc.constant(sample)));
    if (depth === 0) return leaf;
    const inner = this.any(depth - 1);
    return fc.oneof(
      { weight: 4, arbitrary: leaf },
      { weight: 1, arbitrary: arrayOf(inner) },
      { weight: 1, arbitrary: tupleOf(inner) },
      { weight: 2, arbitrary: this.object(depth) },
      { weight: 1, arbitrary: recordOf(inner) },
      { weight: 1, arbitrary: this.#union(depth) },
      { weight: 1, arbitrary: this.#recursive(depth) },
      { weight: 1, arbitrary: inner.map(asModule) },
      { weight: 2, arbitrary: this.#constrained(inner) },
    );
  }

  /** Containers that ask more than what their parts are. */
  #constrained(inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
    return fc.oneof(
      containing,
      inner.map(uniqueListOf),
      inner.map(countedRecordOf),
      inner.map(openRecordOf),
      // What is undefined would be counted, and not be there.
      inner.filter(({ forms }) => !forms.includes("undefined")).map(anyFurtherOf),
      inner.chain((sample) => fc.constantFrom(...sharedIntersectionOf(sample))),
    );
  }

  /** An object, or what a message may be beside one. */
  body(depth: number): fc.Arbitrary<Sample> {
    // At the top, these are for the envelope.
    const names = this.#names.filter((name) => !name.startsWith("$"));
    return fc.oneof(
      { weight: 4, arbitrary: this.#plainObject(depth, names) },
      { weight: 1, arbitrary: this.#intersection(depth, names) },
      { weight: 1, arbitrary: this.#discriminated(depth) },
    );
  }

  object(depth: number): fc.Arbitrary<Sample> {
    return fc.oneof(
      { weight: 3, arbitrary: this.#plainObject(depth, this.#names) },
      { weight: 1, arbitrary: this.#openObject(depth) },
      { weight: 1, arbitrary: this.#intersection(depth) },
    );
  }

  #plainObject(depth: number, names: readonly string[]): fc.Arbitrary<ReturnType<typeof objectOf>> {
    const fields = fc
      .uniqueArray(fc.constantFrom(...names), { maxLength: 5 })
      .chain((chosen) => fc.tuple(...chosen.map((name) => this.#field(name, depth))));
    const bounds = fc.constantFrom<Bounds[]>("none", "none", "closed", "counted");
    return fc.tuple(fields, bounds).map(([members, bound]) => objectOf(members, bound));
  }

  #field(name: string, depth: number): fc.Arbitrary<Field> {
    return fc.tuple(this.any(depth - 1), fc.boolean()).map(([sample, optional]) => ({
      name,
      sample,
      // An optional property that is undefined is left out, so it would not come back.
      optional: optional && !sample.forms.includes("undefined"),
    }));
  }

  /** Named properties, and further ones of another schema. */
  #openObject(depth: number): fc.Arbitrary<Sample> {
    const anything = { schema: true as const, values: arbitraryUnknown };
    const others = fc.oneof<fc.Arbitrary<Further>[]>(this.any(depth - 1), fc.constant(anything));
    return fc.tuple(this.#field("named", depth), others).map(([field, further]) => ({
      schema: Type.Object({ named: optionalIf(field) }, { additionalProperties: further.schema }),
      values: fc
        .tuple(
          objectValues([field]),
          fc.dictionary(fc.stringMatching(/^x[0-9]{0,2}$/), further.values),
        )
        .map(([named, rest]) => ({ ...named, ...rest })),
      forms: ["object"],
    }));
  }

  #intersection(depth: number, names: readonly string[] = this.#names): fc.Arbitrary<Sample> {
    const middle = Math.ceil(names.length / 2);
    return fc
      .tuple(
        this.#plainObject(depth, names.slice(0, middle)),
        this.#plainObject(depth, names.slice(middle)),
        fc.constantFrom({}, { unevaluatedProperties: false }),
      )
      .filter(([left, right]) => [left, right].every(({ bounds }) => bounds === "none"))
      .map(([left, right, options]) => ({
        schema: Type.Intersect([left.schema, right.schema], options),
        values: fc
          .tuple(left.values, right.values)
          .map(([a, b]) => ({ ...(a as object), ...(b as object) })),
        forms: ["object"],
      }));
  }

  /** Objects told apart by a literal, which need not stand first. */
  #discriminated(depth: number): fc.Arbitrary<Sample> {
    const literals = fc.constantFrom(["a", "b", "c"], [1, 2, 3], [true, "true", 1.5]);
    const member = fc.tuple(this.#field("left", depth), this.#field("zone", depth), fc.boolean());
    return fc
      .tuple(literals, fc.array(member, { minLength: 2, maxLength: 3 }))
      .map(([values, members]) =>
        unionOf(
          members.map(([left, zone, literalFirst], index) => {
            const value = values[index] ?? "d";
            const literal = { schema: Type.Literal(value), values: fc.constant(value), forms: [] };
            const kind: Field = { name: "kind", sample: literal, optional: false };
            return objectOf(literalFirst ? [kind, left, zone] : [left, zone, kind], "none");
          }),
        ),
      );
  }

  /** Objects that nothing but their properties tells apart; text alone, so that any reading is the same. */
  #undiscriminated(): fc.Arbitrary<Sample> {
    const text: Sample = { schema: Type.String(), values: arbitraryText, forms: ["text"] };
    const names = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"), { maxLength: 3 });
    return fc.array(fc.tuple(names, fc.boolean()), { minLength: 2, maxLength: 3 }).map((members) =>
      unionOf(
        members.map(([chosen, optional]) =>
          objectOf(
            chosen.map((name) => ({ name, sample: text, optional })),
            "none",
          ),
        ),
      ),
    );
  }

  #union(depth: number): fc.Arbitrary<Sample> {
    const mixed = fc
      .array(this.any(depth - 1), { minLength: 1, maxLength: 4 })
      .map((samples) => unionOf(withDistinctForms(samples)));
    const free = fc
      .array(this.any(depth - 1), { minLength: 2, maxLength: 3 })
      .map((samples) =>
        isSpeakable(samples) ? unionOf(samples) : unionOf(withDistinctForms(samples)),
      );
    return fc.oneof(mixed, free, this.#discriminated(depth), this.#undiscriminated());
  }

  #recursive(depth: number): fc.Arbitrary<Sample> {
    return this.any(depth - 1).chain((leaf) =>
      fc.constantFrom(listOf(leaf), nullableListOf(leaf), treeOf(leaf), chainOf(leaf)),
    );
  }
}

/** What an object has beside its names: a schema, or anything. */
interface Further {
  readonly schema: TSchema | true;
  readonly values: fc.Arbitrary<unknown>;
}

interface Field {
  readonly name: string;
  readonly sample: Sample;
  readonly optional: boolean;
}

function arrayOf(inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  const bounds = fc.constantFrom("none", "counted", "contained");
  return fc.tuple(inner, bounds).map(([{ schema, values }, bound]) => {
    const options = bound === "none" ? {} : { minItems: 1, maxItems: 3 };
    return {
      // None has to be contained, whatever the items are.
      schema: Type.Array(
        schema,
        bound === "contained" ? { ...options, contains: schema, minContains: 0 } : options,
      ),
      values: fc.array(
        values,
        bound === "none" ? { maxLength: 5 } : { minLength: 1, maxLength: 3 },
      ),
      forms: ["array"],
    };
  });
}

function tupleOf(inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  return fc.array(inner, { maxLength: 3 }).map((items) => ({
    schema: Type.Tuple(items.map((item) => item.schema)),
    values: fc.tuple(...items.map((item) => item.values)),
    forms: ["array"],
  }));
}

function recordOf(inner: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  const integerKeys = fc
    .oneof(fc.integer({ min: -300, max: 300 }), fc.maxSafeInteger())
    .map(String);
  const textKeys = fc
    .oneof(arbitraryText, fc.constantFrom(...HOSTILE_NAMES))
    .filter((key) => key !== "__proto__");
  const keys = fc.constantFrom<readonly [TSchema, fc.Arbitrary<string>]>(
    [Type.String(), textKeys],
    [Type.Integer(), integerKeys],
    [Type.Number(), integerKeys],
    [Type.RegExp(/^[a-c]{1,3}$/), fc.stringMatching(/^[a-c]{1,3}$/)],
  );
  return fc.tuple(inner, keys).map(([sample, [key, keyValues]]) => ({
    schema: Type.Record(key as ReturnType<typeof Type.String>, sample.schema),
    values: fc.dictionary(keyValues, sample.values, { maxKeys: 4 }),
    forms: ["object"],
  }));
}

/** What an object asks beyond its properties: no others, or so many of its own. */
type Bounds = "none" | "closed" | "counted";

function objectOf(fields: readonly Field[], bounds: Bounds): Sample & { readonly bounds: Bounds } {
  const properties = Object.fromEntries(fields.map((field) => [field.name, optionalIf(field)]));
  const options = {
    none: {},
    closed: { additionalProperties: false },
    counted: {
      minProperties: fields.filter(({ optional }) => !optional).length,
      maxProperties: fields.length,
    },
  };
  return {
    schema: Type.Object(properties, options[bounds]),
    values: objectValues(fields),
    forms: ["object"],
    bounds,
  };
}

function optionalIf({ sample, optional }: Field): TSchema {
  return optional ? Type.Optional(sample.schema) : sample.schema;
}

function objectValues(fields: readonly Field[]): fc.Arbitrary<Record<string, unknown>> {
  const values = Object.fromEntries(fields.map((field) => [field.name, field.sample.values]));
  const requiredKeys = fields.filter((field) => !field.optional).map((field) => field.name);
  return fc.record(values, { requiredKeys });
}

function unionOf(members: readonly Sample[]): Sample {
  return {
    schema: Type.Union(members.map((member) => member.schema)),
    values: fc.oneof(...members.map((member) => member.values)),
    forms: members.flatMap((member) => member.forms),
  };
}

/** Whether `defineProtocol` takes the union of all, so that no bytes mean two things. */
function isSpeakable(samples: readonly Sample[]): boolean {
  const server = { m: Type.Object({ v: Type.Union(samples.map(({ schema }) => schema)) }) };
  try {
    defineProtocol({ name: "random", version: 1, server, client: {} });
    return true;
  } catch (error) {
    if (error instanceof TypewireError && error.code === "protocol-invalid") return false;
    throw error;
  }
}

/** Those that share no wire form with one before them; with what has no schema, only the first. */
function withDistinctForms(samples: readonly Sample[]): readonly Sample[] {
  const seen = new Set<Form>();
  return samples.filter(({ forms }) => {
    if (forms.some((form) => seen.has(form)) || seen.has("any")) return false;
    if (seen.size > 0 && forms.includes("any")) return false;
    for (const form of forms) seen.add(form);
    return true;
  });
}
