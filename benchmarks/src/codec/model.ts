// A corpus as Protocol Buffers and Avro see it: named records with typed fields, derived from the TypeBox
// schemas so that nothing is written twice. Covers what the corpora use and refuses the rest.

import { Kind, OptionalKind, type TObject, type TSchema, Type } from "@sinclair/typebox";

import type { Corpus, Message } from "./corpus.ts";
import { compileCheck } from "./side.ts";

/** What a field holds. Integers are of 32 bits where the schema's bounds allow it, and doubles otherwise. */
export type FieldType =
  | "string"
  | "bool"
  | "double"
  | "uint32"
  | "sint32"
  | { readonly symbols: readonly string[] }
  | RecordModel;

export interface FieldModel {
  readonly name: string;
  readonly type: FieldType;
  /** An array of `type`. */
  readonly repeated: boolean;
  readonly optional: boolean;
}

export interface RecordModel {
  readonly name: string;
  readonly fields: readonly FieldModel[];
}

/** A record for each message of the corpus, without `type`: the formats have their own way to say it. */
export function modelsOf(corpus: Corpus): readonly RecordModel[] {
  return Object.entries(corpus.schemas).map(([name, schema]) => recordModel(name, schema));
}

function recordModel(name: string, schema: TObject): RecordModel {
  const fields = Object.entries(schema.properties).map(([field, property]): FieldModel => {
    const repeated = property[Kind] === "Array";
    const item = repeated ? (property["items"] as TSchema) : property;
    const type = fieldType(`${name}_${field}`, item);
    return { name: field, type, repeated, optional: property[OptionalKind] === "Optional" };
  });
  return { name, fields };
}

function fieldType(name: string, schema: TSchema): FieldType {
  switch (schema[Kind]) {
    case "String":
      return "string";
    case "Boolean":
      return "bool";
    case "Number":
      return "double";
    case "Integer":
      return integerType(schema);
    case "Union":
      return { symbols: literals(name, schema) };
    case "Object":
      return recordModel(name, schema as TObject);
    default:
      throw new Error(`${name}: expected a kind that the corpora use, got ${schema[Kind]}`);
  }
}

function integerType({ minimum = -Infinity, maximum = Infinity }: TSchema): FieldType {
  if (minimum >= 0 && maximum <= 2 ** 32 - 1) return "uint32";
  if (minimum >= -(2 ** 31) && maximum <= 2 ** 31 - 1) return "sint32";
  return "double";
}

function literals(name: string, schema: TSchema): readonly string[] {
  return (schema["anyOf"] as readonly TSchema[]).map((member) => {
    const value: unknown = member["const"];
    if (typeof value === "string") return value;
    throw new Error(`${name}: expected a union of text literals`);
  });
}

/** How one form of a record's values becomes another: each field's value through `leaf`, deep. */
export function convertRecord(
  model: RecordModel,
  from: Readonly<Record<string, unknown>>,
  leaf: (type: FieldType, value: unknown) => unknown,
): Record<string, unknown> {
  const convert = (type: FieldType, value: unknown): unknown =>
    isRecord(type)
      ? convertRecord(type, value as Record<string, unknown>, leaf)
      : leaf(type, value);
  const entries = model.fields.flatMap(({ name, type, repeated, optional }) => {
    const value = from[name];
    if (optional && (value === undefined || value === null)) return [];
    const converted = repeated
      ? Array.from(value as Iterable<unknown>, (item) => convert(type, item))
      : convert(type, value);
    return [[name, converted] as const];
  });
  return Object.fromEntries(entries);
}

/** Enumerations as their numbers, the way Protocol Buffers hold them. */
export function symbolToNumber(type: FieldType, value: unknown): unknown {
  return isEnumeration(type) ? type.symbols.indexOf(value as string) : value;
}

/** And back. */
export function numberToSymbol(type: FieldType, value: unknown): unknown {
  return isEnumeration(type) ? type.symbols[value as number] : value;
}

export function isRecord(type: FieldType): type is RecordModel {
  return typeof type === "object" && "fields" in type;
}

export function isEnumeration(type: FieldType): type is { readonly symbols: readonly string[] } {
  return typeof type === "object" && "symbols" in type;
}

/** The model of a message, by its `type`. */
export function modelOf(models: readonly RecordModel[], message: Message): RecordModel {
  const model = models.find(({ name }) => name === message.type);
  if (model === undefined) throw new Error(`${message.type}: no such message in the corpus`);
  return model;
}

/**
 * Checks for the records of a corpus in a format's own form, by name: what such a format's types leave
 * open, its users have to check themselves. Absent fields may be null, and enumerations are numbers
 * where the format has them so.
 */
export function recordChecks(
  corpus: Corpus,
  enumerations: "numbers" | "symbols",
): Readonly<Record<string, (value: unknown) => boolean>> {
  const native = (schema: TSchema): TSchema => {
    switch (schema[Kind]) {
      case "Object":
        return Type.Object(mapValues((schema as TObject).properties, native));
      case "Array":
        return Type.Array(native(schema["items"] as TSchema));
      case "Union":
        if (enumerations === "symbols") return schema;
        return Type.Integer({ minimum: 0, maximum: (schema["anyOf"] as unknown[]).length - 1 });
      default:
        if (schema[OptionalKind] !== "Optional") return schema;
        return Type.Optional(Type.Union([Type.Null(), Type.Required(schema)]));
    }
  };
  return mapValues(corpus.schemas, (schema) => compileCheck(native(schema)));
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  map: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}
