// TypeBox to JSON Schema of what travels, as drafts: definitions get their last names when all schemas
// are known (`definitions.ts`). Nothing is judged or refused here.

import { Kind, type TSchema } from "@sinclair/typebox";

import { givenName, INTEGER_KEYS, isAnyKey } from "../schema/check-schema.ts";
import { MAX_DATE_MS } from "../schema/shape.ts";
import type { Definitions } from "./definitions.ts";
import { byCodeUnits, type Draft, NOTES, Reference } from "./draft.ts";

/** Say something to a reader and ask nothing of a value. */
const ANNOTATIONS = ["title", "description", "examples", "default"] as const;

const BOUNDS = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
const LENGTHS = ["minLength", "maxLength"];
const ITEMS = ["minItems", "maxItems", "uniqueItems"];
const CONTAINED = ["minContains", "maxContains"];
const COUNTS = ["minProperties", "maxProperties"];

type Schemas = Readonly<Record<string, TSchema>>;

/** Describes the schemas of one table. What stands in several of them, or at several places, is described once. */
export class SchemaDescriber {
  readonly #definitions: Definitions;
  readonly #table: string;
  readonly #described = new Map<TSchema, Draft>();

  /** `table` keeps the names of this table's types apart from those of the others. */
  constructor(definitions: Definitions, table: string) {
    this.#definitions = definitions;
    this.#table = table;
  }

  /** The draft of `schema`, which is one of the table's copies. */
  describe(schema: TSchema): Draft {
    const known = this.#described.get(schema);
    if (known !== undefined) return known;
    const draft = this.#named(schema);
    this.#described.set(schema, draft);
    return draft;
  }

  #named(schema: TSchema): Draft {
    return schema.$id === undefined ? this.#whole(schema) : this.#define(schema.$id, schema);
  }

  /** A reference to what is called `name` in the table, defined as `schema`. */
  #define(name: string, schema: TSchema): Draft {
    const key = this.#keyOf(name);
    this.#definitions.define(key, givenName(name), () => this.#whole(schema));
    return { $ref: new Reference(key) };
  }

  #keyOf(name: string): string {
    return `${this.#table} ${name}`;
  }

  #whole(schema: TSchema): Draft {
    const notes = notesOf(schema);
    const draft = this.#kind(schema);
    return Object.keys(notes).length === 0 ? draft : { ...draft, [NOTES]: notes };
  }

  #kind(schema: TSchema): Draft {
    switch (schema[Kind] as string) {
      case "Any":
      case "Unknown":
        return {};
      case "Never":
        return { not: {} };
      case "Not":
        return { not: this.describe(schema["not"]) };
      case "Null":
        return { type: "null" };
      case "Undefined":
      case "Void":
        return { typewire: "undefined", not: {} };
      case "Boolean":
        return { type: "boolean" };
      case "Number":
        return { type: "number", ...given(schema, BOUNDS) };
      case "Integer":
        return { type: "integer", ...given(schema, BOUNDS) };
      case "BigInt":
        return { type: "integer", typewire: "bigint", ...bigBounds(schema) };
      case "Date":
        return { type: "integer", typewire: "date", ...dateBounds(schema) };
      case "Uint8Array":
        return { type: "string", typewire: "bytes", ...byteLengths(schema) };
      case "String":
        return { type: "string", ...given(schema, [...LENGTHS, "pattern", "format"]) };
      case "TemplateLiteral":
        return { type: "string", pattern: schema["pattern"] };
      case "RegExp":
        return { type: "string", ...given(schema, LENGTHS), ...patternOf(schema) };
      case "Literal":
        return { const: plain(schema["const"]) };
      case "Union":
        return { anyOf: this.#each(schema["anyOf"]) };
      case "Intersect":
        return { allOf: this.#each(schema["allOf"]), ...this.#further(schema, "unevaluated") };
      case "Array":
        return this.#array(schema);
      case "Tuple":
        return this.#tuple(schema["items"] ?? []);
      case "Object":
        return this.#object(schema);
      case "Record":
        return this.#record(schema);
      case "Import":
        return this.#import(schema);
      default:
        // Of all kinds that a protocol takes, `Ref` and `This` are left.
        return { $ref: new Reference(this.#keyOf(schema["$ref"])) };
    }
  }

  #each(schemas: readonly TSchema[]): Draft[] {
    return schemas.map((schema) => this.describe(schema));
  }

  #array(schema: TSchema): Draft {
    const contains: TSchema | undefined = schema["contains"];
    return {
      type: "array",
      items: this.describe(schema["items"]),
      ...given(schema, ITEMS),
      ...(contains === undefined
        ? {}
        : { contains: this.describe(contains), ...given(schema, CONTAINED) }),
    };
  }

  #tuple(items: readonly TSchema[]): Draft {
    if (items.length === 0) return { type: "array", items: false };
    return { type: "array", prefixItems: this.#each(items), items: false, minItems: items.length };
  }

  /** Properties stay in their order, in which our writers send them. */
  #object(schema: TSchema): Draft {
    const required: readonly string[] = schema["required"] ?? [];
    return {
      type: "object",
      properties: this.#all(schema["properties"]),
      ...(required.length === 0 ? {} : { required: required.toSorted(byCodeUnits) }),
      ...this.#further(schema, "additional"),
      ...given(schema, COUNTS),
    };
  }

  /** Entries of any text key are written as further properties, which they are. */
  #record(schema: TSchema): Draft {
    const patterns: Schemas = schema["patternProperties"];
    const counts = given(schema, COUNTS);
    const [entry] = Object.entries(patterns);
    if (entry !== undefined && isAnyKey(entry[0]) && entry[0] !== INTEGER_KEYS) {
      return { type: "object", additionalProperties: this.describe(entry[1]), ...counts };
    }
    const isNumbered = entry?.[0] === INTEGER_KEYS;
    return {
      type: "object",
      ...(isNumbered ? { typewire: "integer-keys" } : {}),
      patternProperties: this.#all(patterns),
      ...this.#further(schema, "additional"),
      ...counts,
    };
  }

  #all(schemas: Schemas): Draft {
    const entries = Object.entries(schemas).map(([name, schema]): [string, Draft] => [
      name,
      this.describe(schema),
    ]);
    return Object.fromEntries(entries);
  }

  #further(schema: TSchema, which: "additional" | "unevaluated"): Draft {
    const keyword = `${which}Properties`;
    const further: unknown = schema[keyword];
    if (further === undefined) return {};
    return {
      [keyword]: typeof further === "boolean" ? further : this.describe(further as TSchema),
    };
  }

  #import(schema: TSchema): Draft {
    const definitions: Schemas = schema["$defs"];
    for (const [name, definition] of Object.entries(definitions)) this.#define(name, definition);
    return { $ref: new Reference(this.#keyOf(schema["$ref"])) };
  }
}

function given(schema: TSchema, keywords: readonly string[]): Draft {
  const present = keywords.filter((keyword) => schema[keyword] !== undefined);
  return Object.fromEntries(present.map((keyword) => [keyword, plain(schema[keyword])]));
}

/** Numbers of JSON are doubles to many of its readers, so a bound that some double may not hold is a text beside them. */
function bigBounds(schema: TSchema): Draft {
  const present = BOUNDS.filter((keyword) => schema[keyword] !== undefined);
  const isSafe = (keyword: string): boolean => Number.isSafeInteger(Number(schema[keyword]));
  const exact = present.filter((keyword) => !isSafe(keyword));
  return {
    ...Object.fromEntries(
      present.filter(isSafe).map((keyword) => [keyword, Number(schema[keyword])]),
    ),
    ...asking(Object.fromEntries(exact.map((keyword) => [keyword, String(schema[keyword])]))),
  };
}

function dateBounds(schema: TSchema): Draft {
  const bounds = BOUNDS.filter((keyword) => schema[`${keyword}Timestamp`] !== undefined).map(
    (keyword) => [keyword, plain(schema[`${keyword}Timestamp`])],
  );
  return { minimum: -MAX_DATE_MS, maximum: MAX_DATE_MS, ...Object.fromEntries(bounds) };
}

/** A string of JSON has no bytes to count. */
function byteLengths(schema: TSchema): Draft {
  const { minByteLength, maxByteLength } = schema as Partial<Record<string, number>>;
  return asking({
    ...(minByteLength === undefined ? {} : { minBytes: minByteLength }),
    ...(maxByteLength === undefined ? {} : { maxBytes: maxByteLength }),
  });
}

/** A pattern of JSON Schema has the flag `u` and no other. */
function patternOf(schema: TSchema): Draft {
  const { source, flags } = schema as unknown as { source: string; flags: string };
  return flags === "u" ? { pattern: source } : asking({ pattern: source, flags });
}

/** What JSON Schema has no word for. */
function asking(asked: Draft): Draft {
  return Object.keys(asked).length === 0 ? {} : { typewireAsks: asked };
}

function notesOf(schema: TSchema): Readonly<Record<string, unknown>> {
  const entries = ANNOTATIONS.flatMap((keyword): [string, unknown][] => {
    const value = plain(schema[keyword]);
    return value === undefined ? [] : [[keyword, value]];
  });
  return Object.fromEntries(entries);
}

/** A value as JSON has it, and a date as it travels; undefined for what JSON cannot say, all of it or a part. */
function plain(value: unknown): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      // JSON has one zero.
      return Number.isFinite(value) ? value + 0 : undefined;
    case "bigint":
      return Number.isSafeInteger(Number(value)) ? Number(value) : undefined;
    case "object":
      return plainObject(value);
    default:
      return undefined;
  }
}

function plainObject(value: object | null): unknown {
  if (value === null) return null;
  if (value instanceof Date) return plain(value.getTime());
  if (Array.isArray(value)) {
    const items = value.map(plain);
    return items.includes(undefined) ? undefined : items;
  }
  if (Object.prototype.toString.call(value) !== "[object Object]") return undefined;
  const entries = Object.entries(value).map(([name, part]): [string, unknown] => [
    name,
    plain(part),
  ]);
  return entries.some(([, part]) => part === undefined) ? undefined : Object.fromEntries(entries);
}
