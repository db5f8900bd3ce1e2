// avsc: Avro records from the corpus's schemas, with its generated readers and writers. Both ends must
// have the same schema, field for field. Several message types are a wrapped union. Once with what the
// format itself checks, and once with all of the schema.

import { type Schema, Type } from "avsc";

import type { Corpus, Message } from "../corpus.ts";
import {
  convertRecord,
  type FieldModel,
  type FieldType,
  isEnumeration,
  isRecord,
  modelOf,
  modelsOf,
  recordChecks,
  type RecordModel,
} from "../model.ts";
import { checkFailed, type CodecSide, FULL_CHECK, type PreparedSide, prepared } from "../side.ts";

type Plain = Record<string, unknown>;

export const avsc: CodecSide = {
  decodeChecks: "wire types",
  encodeChecks: "types",
  prepare(corpus) {
    const type = rootType(modelsOf(corpus));
    return prepare(
      corpus,
      (value) => type.toBuffer(value),
      (buffer) => type.fromBuffer(buffer),
    );
  },
};

export const avscChecked: CodecSide = {
  decodeChecks: FULL_CHECK,
  encodeChecks: FULL_CHECK,
  prepare(corpus) {
    const models = modelsOf(corpus);
    const type = rootType(models);
    const checks = recordChecks(corpus, "symbols");
    const single = singleOf(models);
    const isValid =
      single === undefined
        ? (value: Plain): boolean => {
            for (const name in value) return checks[name]?.(value[name]) ?? false;
            return false;
          }
        : checks[single.name];
    if (isValid === undefined) throw checkFailed(corpus);
    return prepare(
      corpus,
      (value) => {
        if (!isValid(value)) throw checkFailed(corpus);
        return type.toBuffer(value);
      },
      (buffer) => {
        const value = type.fromBuffer(buffer) as Plain;
        if (!isValid(value)) throw checkFailed(corpus);
        return value;
      },
    );
  },
};

function prepare(
  corpus: Corpus,
  encode: (value: Plain) => Buffer,
  decode: (buffer: Buffer) => unknown,
): PreparedSide {
  const models = modelsOf(corpus);
  const single = singleOf(models);
  return prepared<Plain, Buffer>(corpus, {
    values: corpus.messages.map((message) => {
      const model = modelOf(models, message);
      const value = withNulls(model, message);
      return single === undefined ? { [model.name]: value } : value;
    }),
    encode,
    decode,
    toMessage(decoded: Plain): Message {
      const name = single?.name ?? Object.keys(decoded)[0] ?? "";
      const record = single === undefined ? (decoded[name] as Plain) : decoded;
      const model = modelOf(models, { type: name });
      return { type: name, ...convertRecord(model, record, (_, value) => value) };
    },
  });
}

/** Avro has no absent fields: what is optional is null. */
function withNulls(model: RecordModel, message: Message): Plain {
  const absent = model.fields.filter(({ optional }) => optional).map(({ name }) => [name, null]);
  const present = convertRecord(model, message, (_, value) => value);
  return { ...(Object.fromEntries(absent) as Plain), ...present };
}

function singleOf(models: readonly RecordModel[]): RecordModel | undefined {
  return models.length === 1 ? models[0] : undefined;
}

function rootType(models: readonly RecordModel[]): Type {
  const single = singleOf(models);
  const schema = single === undefined ? models.map(recordSchema) : recordSchema(single);
  return Type.forSchema(schema as Schema);
}

function recordSchema({ name, fields }: RecordModel): object {
  const fieldSchemas = fields.map((field) => ({
    name: field.name,
    type: fieldSchema(`${name}_${field.name}`, field),
  }));
  return { type: "record", name, fields: fieldSchemas };
}

function fieldSchema(name: string, { type, repeated, optional }: FieldModel): unknown {
  const item = typeSchema(name, type);
  if (repeated) return { type: "array", items: item };
  return optional ? ["null", item] : item;
}

function typeSchema(name: string, type: FieldType): unknown {
  if (isRecord(type)) return recordSchema({ ...type, name });
  if (isEnumeration(type)) return { type: "enum", name, symbols: type.symbols };
  switch (type) {
    case "bool":
      return "boolean";
    case "uint32":
      return "long";
    case "sint32":
      return "int";
    default:
      return type;
  }
}
