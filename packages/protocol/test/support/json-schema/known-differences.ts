// Where Typewire and the suite of JSON Schema part, on purpose. The test of the suite fails where an entry
// is missing, and where an entry no longer differs.

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
