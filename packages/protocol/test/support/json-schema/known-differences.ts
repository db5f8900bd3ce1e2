// Where Typewire parts with the suite of JSON Schema, or with ajv, on purpose. The tests fail where an entry
// is missing, and where an entry no longer differs.

import { type TSchema, Type } from "@sinclair/typebox";

/** Cases that are taken where the suite refuses, or the other way round, as `file: schema: instance`, by reason. */
export const KNOWN_DIFFERENCES: Readonly<Record<string, readonly string[]>> = {
  "lengths of text are counted in UTF-16 units, not in code points (docs/wire.md)": [
    "maxLength: maxLength validation: two supplementary Unicode code points is long enough",
    "minLength: minLength validation: one supplementary Unicode code point is not long enough",
  ],
};

/** Schemas that cannot be asked, as `file: schema`, by what `defineProtocol` says of them. */
export const NOT_ASKED: Readonly<Record<string, readonly string[]>> = {
  'Type.Object does not enforce "patternProperties"': [
    "additionalProperties: additionalProperties being false does not allow other properties",
    "patternProperties: multiple simultaneous patternProperties are validated",
    "patternProperties: regexes are not anchored by default and are case sensitive",
    "properties: properties, patternProperties, additionalProperties interaction",
  ],
  'Type.Object does not enforce "dependencies"': [
    "dependencies: dependencies",
    "dependencies: multiple dependencies",
    "dependencies: multiple dependencies subschema",
  ],
  // Tuples have exactly their items; JSON Schema also takes fewer, and others behind them.
  'Type.Array does not enforce "prefixItems"': [
    "additionalItems: additionalItems are allowed by default",
    "items: an array of schemas for items",
    "ref: relative pointer ref to array",
  ],
  'Type.Array does not enforce "additionalItems"': [
    "additionalItems: additionalItems as schema",
    "additionalItems: array of items with no additionalItems",
  ],
  'Type.Unknown does not enforce "oneOf"': ["oneOf: oneOf", "oneOf: oneOf with base schema"],
  'Type.Unknown does not enforce "enum"': ["enum: heterogeneous enum validation"],
  "an intersection joins objects into one object": ["anyOf: anyOf with base schema"],
  "no value is not of Type.Unknown": ["not: forbidden property"],
  // A place for definitions that is no keyword.
  'Type.Unknown does not enforce "tilda~field"': ["ref: escaped pointer ref"],
  "refers to another document": [
    "definitions: invalid definition",
    "definitions: valid definition",
    "ref: remote ref, containing refs itself",
  ],
};

/** A TypeBox type is a JSON Schema too; of `value` ajv says by it what Typewire does not say. */
export interface Difference {
  readonly schema: TSchema;
  readonly value: unknown;
  readonly isTaken: boolean;
}

/** Where ajv says otherwise, by reason. The converter for ajv leaves all of these out. */
export const AJV_DIFFERS: Readonly<Record<string, Difference>> = {
  "decimal steps are those of the decimals that are written, not of doubles": {
    schema: Type.Number({ multipleOf: 0.01 }),
    value: 0.07,
    isTaken: true,
  },
  "lengths are counted in UTF-16 units": {
    schema: Type.String({ maxLength: 1 }),
    value: "🎉",
    isTaken: false,
  },
  "properties that are dropped are not counted": {
    schema: Type.Object({ a: Type.Null() }, { maxProperties: 1 }),
    value: { a: null, unheard: 1 },
    isTaken: true,
  },
  "what is dropped tells no items apart": {
    schema: Type.Array(Type.Object({}), { uniqueItems: true }),
    value: [{ unheard: 1 }, { unheard: 2 }],
    isTaken: false,
  },
  "zero and negative zero are two values": {
    schema: Type.Array(Type.Number(), { uniqueItems: true }),
    value: [0, -0],
    isTaken: true,
  },
  "an integer of a record's keys is no text": {
    schema: Type.Record(Type.Integer(), Type.Null()),
    value: { "1": null },
    isTaken: false,
  },
};
