// TypeBox types as JSON Schema of draft 2020-12, for ajv to judge. What JSON Schema has no word for, or
// means otherwise than docs/wire.md, is not covered: dates, bytes, big integers, integer keys, decimal
// steps, and what is counted or compared where properties that no schema describes are dropped. Where the
// two mean something else by the same words, `known-differences.ts` says so.

import { Kind, OptionalKind, type TSchema } from "@sinclair/typebox";
import Ajv2020 from "ajv/dist/2020.js";

type Fields = Readonly<Record<string, unknown>>;
type Schemas = Readonly<Record<string, TSchema>>;

class Uncovered extends Error {}

/** What ajv says of values of JSON under `schema`; undefined where it cannot be asked. */
export function ajvVerdict(schema: TSchema): ((value: unknown) => boolean) | undefined {
  try {
    const definitions: Record<string, unknown> = {};
    const root = new Converter(definitions).convert(schema, new Map());
    // Lengths in UTF-16 units, as docs/wire.md has them.
    return ajvOf({ ...root, $defs: definitions }, { unicode: false });
  } catch (error) {
    if (error instanceof Uncovered) return undefined;
    throw error;
  }
}

/** What ajv says of values under a schema of JSON Schema. */
export function ajvOf(
  schema: object,
  options: { readonly unicode?: boolean } = {},
): (value: unknown) => boolean {
  const ajv = new Ajv2020({
    strict: false,
    logger: false,
    addUsedSchema: false,
    // A property is there where the value itself has it: every object inherits a toString.
    ownProperties: true,
    ...options,
  });
  const validate = ajv.compile(schema);
  return (value) => validate(value);
}

class Converter {
  readonly #definitions: Record<string, unknown>;

  constructor(definitions: Record<string, unknown>) {
    this.#definitions = definitions;
  }

  convert(schema: TSchema, outer: ReadonlyMap<string, string>): Fields {
    const id: unknown = schema.$id;
    if (typeof id !== "string") return this.#kind(schema, outer);
    const name = this.#newName();
    this.#definitions[name] = this.#kind(schema, new Map(outer).set(id, name));
    return { $ref: `#/$defs/${name}` };
  }

  #newName(): string {
    const name = `d${Object.keys(this.#definitions).length}`;
    this.#definitions[name] = {};
    return name;
  }

  #kind(schema: TSchema, names: ReadonlyMap<string, string>): Fields {
    const convert = (part: unknown): Fields => this.convert(part as TSchema, names);
    switch (schema[Kind] as string) {
      case "Null":
        return { type: "null" };
      case "Boolean":
        return { type: "boolean" };
      case "Number":
      case "Integer": {
        if (schema["multipleOf"] !== undefined) throw new Uncovered();
        return { type: schema[Kind].toLowerCase(), ...given(schema, BOUNDS) };
      }
      case "String":
        // The check of a format is the program's own.
        if (schema["format"] !== undefined) throw new Uncovered();
        return { type: "string", ...given(schema, [...LENGTHS, "pattern"]) };
      case "RegExp":
        if (schema["flags"] !== "u") throw new Uncovered();
        return { type: "string", pattern: schema["source"], ...given(schema, LENGTHS) };
      case "TemplateLiteral":
        // TypeBox's own pattern means less than its type says.
        if (schema["x-pattern"] === undefined) throw new Uncovered();
        return { type: "string", pattern: schema["x-pattern"] };
      case "Literal":
        return { const: schema["const"] };
      case "Never":
        return { not: {} };
      case "Any":
      case "Unknown":
        return {};
      case "Not":
        return { not: convert(schema["not"]) };
      case "Array": {
        const isWhole = schema["uniqueItems"] === true || schema["contains"] !== undefined;
        if (isWhole && !keepsAll(schema["items"])) throw new Uncovered();
        const contains =
          schema["contains"] === undefined ? {} : { contains: convert(schema["contains"]) };
        return {
          type: "array",
          items: convert(schema["items"]),
          ...contains,
          ...given(schema, ITEMS),
        };
      }
      case "Tuple": {
        const items = ((schema["items"] ?? []) as readonly TSchema[]).map(convert);
        const prefix = items.length === 0 ? {} : { prefixItems: items };
        return { type: "array", ...prefix, items: false, minItems: items.length };
      }
      case "Object":
      case "Record":
        return this.#object(schema, names);
      case "Union":
        return { anyOf: (schema["anyOf"] as readonly TSchema[]).map(convert) };
      case "Intersect": {
        const members = schema["allOf"] as readonly TSchema[];
        const rest: unknown = schema["unevaluatedProperties"];
        const further =
          rest === undefined
            ? {}
            : { unevaluatedProperties: typeof rest === "boolean" ? rest : convert(rest) };
        return { allOf: members.map(convert), ...further };
      }
      case "This":
      case "Ref":
        return { $ref: `#/$defs/${names.get(schema["$ref"] as string)}` };
      case "Import": {
        const inside = new Map<string, string>();
        const definitions = Object.entries(schema["$defs"] as Schemas);
        for (const [name] of definitions) inside.set(name, this.#newName());
        for (const [name, definition] of definitions) {
          this.#definitions[inside.get(name) ?? name] = this.#kind(definition, inside);
        }
        return { $ref: `#/$defs/${inside.get(schema["$ref"] as string)}` };
      }
      default:
        throw new Uncovered();
    }
  }

  #object(schema: TSchema, names: ReadonlyMap<string, string>): Fields {
    const properties = Object.entries((schema["properties"] ?? {}) as Schemas);
    const patterns = Object.entries((schema["patternProperties"] ?? {}) as Schemas);
    const isRecord = schema[Kind] === "Record";
    const further: unknown = schema["additionalProperties"] ?? (isRecord ? false : undefined);
    const counts = given(schema, ["minProperties", "maxProperties"]);
    if (Object.keys(counts).length > 0 && further === undefined) throw new Uncovered();
    if (patterns.some(([pattern]) => pattern === "^(0|[1-9][0-9]*)$")) throw new Uncovered();
    const required = properties.filter(([, part]) => !(OptionalKind in part)).map(([name]) => name);
    // ajv takes the name that is missing for "none is", where it has no letter.
    if (required.includes("")) throw new Uncovered();
    const all = (entries: readonly (readonly [string, TSchema])[]): Fields =>
      Object.fromEntries(entries.map(([name, part]) => [name, this.convert(part, names)]));
    return {
      type: "object",
      ...counts,
      properties: all(properties),
      required,
      // The pattern of Type.String() stops at a line break, and the keys that it means do not.
      patternProperties: all(
        patterns.map(([pattern, part]) => [pattern === "^(.*)$" ? "^[^]*$" : pattern, part]),
      ),
      ...(further === undefined
        ? {}
        : {
            additionalProperties:
              typeof further === "boolean" ? further : this.convert(further as TSchema, names),
          }),
    };
  }
}

const BOUNDS = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"];
const LENGTHS = ["minLength", "maxLength"];
const ITEMS = ["minItems", "maxItems", "uniqueItems", "minContains", "maxContains"];

function given(schema: TSchema, keywords: readonly string[]): Fields {
  return Object.fromEntries(
    Object.entries(schema).filter(([keyword]) => keywords.includes(keyword)),
  );
}

/** Whether nothing inside a schema is dropped. */
function keepsAll(part: unknown): boolean {
  if (typeof part !== "object" || part === null) return true;
  const { [Kind]: kind, additionalProperties } = part as Record<PropertyKey, unknown>;
  if (kind === "Object" && additionalProperties === undefined) return false;
  return Object.values(part).every(keepsAll);
}

/** An item as a value of JSON; undefined where JSON has none. */
export function jsonOf(item: unknown): unknown {
  if (item === null || typeof item === "boolean" || typeof item === "string") return item;
  if (typeof item === "number")
    return Number.isFinite(item) && !Object.is(item, -0) ? item : undefined;
  if (Array.isArray(item)) {
    const parts = item.map(jsonOf);
    return parts.includes(undefined) ? undefined : parts;
  }
  if (!(item instanceof Map)) return undefined;
  const object: Record<string, unknown> = {};
  for (const [key, part] of item as ReadonlyMap<unknown, unknown>) {
    const value = jsonOf(part);
    if (typeof key !== "string" || value === undefined) return undefined;
    object[key] = value;
  }
  return object;
}
