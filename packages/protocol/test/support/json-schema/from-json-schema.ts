// JSON Schema as TypeBox types, so that the suite of JSON Schema can ask Typewire. A schema of JSON Schema
// says something of each of the six types of JSON, and nothing of those that it does not mention; so it
// becomes a union over the types, with the keywords of each at its own. What has no TypeBox type is
// handed on as it is, for `defineProtocol` to refuse. Nothing is taken from the code under test.

import { type TSchema, Type } from "@sinclair/typebox";

/** A schema of JSON Schema, draft 2020-12. */
export type JsonSchema = boolean | Fields;

type Fields = Readonly<Record<string, unknown>>;

type JsonType = "null" | "boolean" | "number" | "string" | "array" | "object";

const TYPES: readonly JsonType[] = ["null", "boolean", "number", "string", "array", "object"];

/** The keywords that ask something of one type alone. */
const KEYWORDS: Readonly<Record<JsonType, readonly string[]>> = {
  null: [],
  boolean: [],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  string: ["minLength", "maxLength", "pattern", "format", "contentEncoding", "contentMediaType"],
  array: [
    "items",
    "prefixItems",
    "unevaluatedItems",
    "minItems",
    "maxItems",
    "uniqueItems",
    "contains",
    "minContains",
    "maxContains",
  ],
  object: [
    "properties",
    "required",
    "additionalProperties",
    "unevaluatedProperties",
    "patternProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "dependentRequired",
    "dependentSchemas",
  ],
};

const ANNOTATIONS = ["$id", "$comment", "$defs", "title", "description", "default"];

/** Thrown for what this converter does not follow: references to other documents or names, and recursion but of the root. */
export class Unfollowed extends Error {}

/** The type of what `schema` admits. */
export function fromJsonSchema(schema: JsonSchema): TSchema {
  const isRecursive = JSON.stringify(schema).includes('"$ref":"#"');
  if (typeof schema === "object" && hasNames(Object.values(schema))) throw new Unfollowed("$id");
  if (!isRecursive) return new Converter(schema, undefined).convert(schema);
  return Type.Recursive((This) => new Converter(schema, This).convert(schema));
}

class Converter {
  readonly #root: JsonSchema;
  readonly #this: TSchema | undefined;
  readonly #underWay = new Set<string>();

  constructor(root: JsonSchema, self: TSchema | undefined) {
    this.#root = root;
    this.#this = self;
  }

  convert(schema: JsonSchema): TSchema {
    if (schema === true) return Type.Unknown();
    if (schema === false) return Type.Never();
    const conjuncts = conjunctsOf(schema);
    const [only, ...others] = conjuncts;
    if (only === undefined) return Type.Unknown();
    if (conjuncts.includes(false)) return Type.Never();
    if (conjuncts.every(isTyped)) return this.#typed(conjuncts as readonly Fields[]);
    if (others.length > 0) return Type.Intersect(conjuncts.map((each) => this.convert(each)));
    return this.#applied(only as Fields);
  }

  /** A schema of which one keyword speaks of values of any type. */
  #applied(schema: Fields): TSchema {
    const { $ref, anyOf, not, type } = schema;
    const values = "const" in schema ? [schema["const"]] : schema["enum"];
    if (typeof $ref === "string") return this.#reference($ref);
    if (Array.isArray(anyOf)) {
      return unionOf((anyOf as readonly JsonSchema[]).map((each) => this.convert(each)));
    }
    if (not !== undefined) return Type.Not(this.convert(not as JsonSchema));
    if (Array.isArray(values) && values.every(isPlain)) {
      const types = typesOf({ type });
      return unionOf(values.filter((value) => types.includes(typeOf(value))).map(literalOf));
    }
    return Type.Unknown(schema);
  }

  #reference(pointer: string): TSchema {
    if (pointer === "#" && this.#this !== undefined) return this.#this;
    if (!pointer.startsWith("#/")) throw new Unfollowed(pointer);
    if (this.#underWay.has(pointer)) throw new Unfollowed(pointer);
    let target: unknown = this.#root;
    for (const step of decodeURIComponent(pointer).slice(2).split("/")) {
      target = (target as Fields)[step.replaceAll("~1", "/").replaceAll("~0", "~")];
    }
    if (target === undefined) throw new Unfollowed(pointer);
    this.#underWay.add(pointer);
    const schema = this.convert(target as JsonSchema);
    this.#underWay.delete(pointer);
    return schema;
  }

  /** The union, over the types that all of `conjuncts` allow, of what they ask of each. */
  #typed(conjuncts: readonly Fields[]): TSchema {
    const types = TYPES.filter((type) => conjuncts.every((each) => typesOf(each).includes(type)));
    const asks = (type: JsonType): boolean =>
      conjuncts.some((each) => KEYWORDS[type].some((keyword) => keyword in each));
    if (types.length === TYPES.length && !types.some(asks)) return Type.Unknown();
    return unionOf(types.map((type) => this.#ofType(type, conjuncts)));
  }

  #ofType(type: JsonType, conjuncts: readonly Fields[]): TSchema {
    const asked = conjuncts
      .map((each) => Object.entries(each).filter(([keyword]) => KEYWORDS[type].includes(keyword)))
      .filter((entries) => entries.length > 0)
      .map((entries): Fields => Object.fromEntries(entries));
    if (type === "object") {
      const objects = asked.map((options) => this.#object(options));
      const [first, second] = objects;
      if (second !== undefined) return Type.Intersect(objects);
      return first ?? this.#object({});
    }
    const keywords = asked.flatMap((options) => Object.keys(options));
    const isInteger = conjuncts.some(({ type: given }) => [given].flat().includes("integer"));
    const build = (options: Fields): TSchema => {
      switch (type) {
        case "null":
          return Type.Null();
        case "boolean":
          return Type.Boolean();
        case "number":
          return isInteger &&
            !conjuncts.some(({ type: given }) => [given].flat().includes("number"))
            ? Type.Integer(options)
            : Type.Number(options);
        case "string":
          return Type.String(options);
        case "array":
          return this.#array(options);
      }
    };
    // Several conjuncts are one type where each says something of its own.
    if (new Set(keywords).size < keywords.length) return Type.Intersect(asked.map(build));
    return build(Object.assign({}, ...asked) as Fields);
  }

  #array({ items, contains, ...options }: Fields): TSchema {
    const contained =
      contains === undefined ? {} : { contains: this.convert(contains as JsonSchema) };
    if (contained.contains === undefined) {
      // Without `contains` they ask nothing.
      const { minContains: _least, maxContains: _most, ...asked } = options;
      options = asked;
    }
    const positions = options["prefixItems"];
    if (Array.isArray(positions)) {
      const { prefixItems: _, minItems, maxItems, ...others } = options;
      const isClosed = items === false || maxItems === positions.length;
      const isWhole = isClosed && minItems === positions.length && Object.keys(others).length === 0;
      const members = (positions as readonly JsonSchema[]).map((each) => this.convert(each));
      if (isWhole) return Type.Tuple(members);
      return Type.Array(Type.Unknown(), { ...options, prefixItems: members });
    }
    return Type.Array(this.convert((items ?? true) as JsonSchema), { ...options, ...contained });
  }

  #object(asked: Fields): TSchema {
    const { properties = {}, required = [], additionalProperties = true, ...options } = asked;
    const { patternProperties = {}, ...others } = options;
    const further =
      typeof additionalProperties === "boolean"
        ? additionalProperties
        : this.convert(additionalProperties as JsonSchema);
    const named = properties as Readonly<Record<string, JsonSchema>>;
    const names = new Set([...Object.keys(named), ...(required as readonly string[])]);
    const patterns = Object.entries(patternProperties as Readonly<Record<string, JsonSchema>>);
    const [[pattern, values] = ["", true], ...morePatterns] = patterns;
    if (patterns.length > 0 && names.size === 0 && morePatterns.length === 0) {
      const options = { ...others, additionalProperties: further };
      return Type.Record(Type.String({ pattern }), this.convert(values), options);
    }
    const isRequired = (name: string): boolean => (required as readonly string[]).includes(name);
    const entries = [...names].map((name) => {
      const schema = this.convert(
        Object.hasOwn(named, name)
          ? (named[name] as JsonSchema)
          : (additionalProperties as JsonSchema),
      );
      return [name, isRequired(name) ? schema : Type.Optional(schema)] as const;
    });
    const unsaid = patterns.length > 0 ? { patternProperties } : {};
    return Type.Object(Object.fromEntries(entries), {
      ...others,
      ...unsaid,
      additionalProperties: further,
    });
  }
}

/** What `schema` asks, as schemas of which all must hold: its typed keywords are one, every other keyword is one. */
function conjunctsOf(schema: JsonSchema): readonly JsonSchema[] {
  if (typeof schema === "boolean") return schema ? [] : [schema];
  const { allOf = [], type, ...keywords } = schema;
  const typed: Record<string, unknown> = type === undefined ? {} : { type };
  const applied: Record<string, unknown>[] = [];
  for (const [keyword, value] of Object.entries(keywords)) {
    if (ANNOTATIONS.includes(keyword)) continue;
    if (TYPES.some((each) => KEYWORDS[each].includes(keyword))) typed[keyword] = value;
    else applied.push({ [keyword]: value });
  }
  const [values, ...others] = applied;
  // A type beside values says which of them count.
  const isChoice = values !== undefined && ("enum" in values || "const" in values);
  if (
    isChoice &&
    others.length === 0 &&
    Object.keys(typed).every((keyword) => keyword === "type")
  ) {
    return [{ ...values, ...typed }, ...(allOf as readonly JsonSchema[]).flatMap(conjunctsOf)];
  }
  const typedOnly = applied.length === 0 && (allOf as readonly JsonSchema[]).length === 0;
  const said = typedOnly ? asFurther(typed) : typed;
  const own = Object.keys(said).length > 0 ? [said, ...applied] : applied;
  return [...own, ...(allOf as readonly JsonSchema[]).flatMap(conjunctsOf)];
}

/** Where no other schema evaluates anything, what is not evaluated is what is not named. */
function asFurther({ unevaluatedProperties, unevaluatedItems, ...typed }: Fields): Fields {
  const evaluatesItems = ["items", "prefixItems", "contains"].some((keyword) => keyword in typed);
  return {
    ...typed,
    ...(unevaluatedProperties !== undefined && {
      additionalProperties: unevaluatedProperties,
      ...("additionalProperties" in typed && {
        additionalProperties: typed["additionalProperties"],
      }),
    }),
    ...(unevaluatedItems !== undefined &&
      (evaluatesItems ? { unevaluatedItems } : { items: unevaluatedItems })),
  };
}

/** Whether a schema within these has a name that references may use. */
function hasNames(schemas: readonly unknown[]): boolean {
  return schemas.some(
    (schema) =>
      typeof schema === "object" &&
      schema !== null &&
      (["$id", "$anchor"].some((name) => typeof (schema as Fields)[name] === "string") ||
        hasNames(Object.values(schema))),
  );
}

function isTyped(schema: JsonSchema): boolean {
  if (typeof schema === "boolean") return false;
  return Object.keys(schema).every(
    (keyword) => keyword === "type" || TYPES.some((type) => KEYWORDS[type].includes(keyword)),
  );
}

function typesOf({ type }: Fields): readonly JsonType[] {
  if (type === undefined) return TYPES;
  return [type].flat().map((each) => (each === "integer" ? "number" : each) as JsonType);
}

function unionOf(members: readonly TSchema[]): TSchema {
  const [only, ...others] = members;
  if (only === undefined) return Type.Never();
  return others.length === 0 ? only : Type.Union([...members]);
}

function isPlain(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

function literalOf(value: unknown): TSchema {
  return value === null ? Type.Null() : Type.Literal(value as string | number | boolean);
}

function typeOf(value: unknown): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value as JsonType;
}
