// protobufjs with reflection: it generates the same encoder and decoder as its static modules, at run
// time. Decoded messages stay what they are, with enumerations as numbers; several message types are the
// members of a `oneof`. Once with what the format itself checks, and once with all of the schema.

import protobuf from "protobufjs/light.js";

import type { Corpus, Message } from "../corpus.ts";
import {
  convertRecord,
  type FieldModel,
  isEnumeration,
  isRecord,
  modelOf,
  modelsOf,
  numberToSymbol,
  recordChecks,
  type RecordModel,
  symbolToNumber,
} from "../model.ts";
import { checkFailed, type CodecSide, FULL_CHECK, type PreparedSide, prepared } from "../side.ts";

type Plain = Record<string, unknown>;

export const protobufjs: CodecSide = {
  decodeChecks: "wire types",
  encodeChecks: "types (verify)",
  prepare(corpus) {
    const type = rootType(modelsOf(corpus));
    return prepare(
      corpus,
      (value) => {
        const fault = type.verify(value);
        if (fault !== null) throw new Error(fault);
        return type.encode(value).finish();
      },
      (bytes) => type.decode(bytes),
    );
  },
};

export const protobufjsChecked: CodecSide = {
  decodeChecks: FULL_CHECK,
  encodeChecks: FULL_CHECK,
  prepare(corpus) {
    const models = modelsOf(corpus);
    const type = rootType(models);
    const checks = recordChecks(corpus, "numbers");
    const single = singleOf(models);
    const isValid =
      single === undefined
        ? (value: Plain): boolean => {
            // Decoded messages have a getter for the `oneof`; values to be encoded have one property.
            const name = (value["message"] ?? Object.keys(value)[0]) as string;
            return checks[name]?.(value[name]) ?? false;
          }
        : checks[single.name];
    if (isValid === undefined) throw checkFailed(corpus);
    return prepare(
      corpus,
      (value) => {
        if (!isValid(value)) throw checkFailed(corpus);
        return type.encode(value).finish();
      },
      (bytes) => {
        const value = type.decode(bytes) as unknown as Plain;
        if (!isValid(value)) throw checkFailed(corpus);
        return value;
      },
    );
  },
};

function prepare(
  corpus: Corpus,
  encode: (value: Plain) => Uint8Array,
  decode: (bytes: Uint8Array) => unknown,
): PreparedSide {
  const models = modelsOf(corpus);
  const single = singleOf(models);
  return prepared<Plain, Uint8Array>(corpus, {
    values: corpus.messages.map((message) => {
      const model = modelOf(models, message);
      const value = convertRecord(model, message, symbolToNumber);
      return single === undefined ? { [model.name]: value } : value;
    }),
    encode,
    decode,
    toMessage(decoded: Plain): Message {
      const model = single ?? models.find(({ name }) => Object.hasOwn(decoded, name));
      if (model === undefined) throw new Error(`${corpus.name}: expected a member of the oneof`);
      const record = single === undefined ? (decoded[model.name] as Plain) : decoded;
      return { type: model.name, ...convertRecord(model, record, numberToSymbol) };
    },
  });
}

function singleOf(models: readonly RecordModel[]): RecordModel | undefined {
  return models.length === 1 ? models[0] : undefined;
}

/** The type of the only message, or an envelope with a `oneof` over all of them. */
function rootType(models: readonly RecordModel[]): protobuf.Type {
  const root = new protobuf.Root();
  for (const model of models) root.add(recordType(model));
  const single = singleOf(models);
  if (single !== undefined) return root.lookupType(single.name);
  const names = models.map(({ name }) => name);
  const envelope = new protobuf.Type("Envelope");
  for (const [index, name] of names.entries()) {
    envelope.add(new protobuf.Field(name, index + 1, name));
  }
  envelope.add(new protobuf.OneOf("message", names));
  root.add(envelope);
  return root.lookupType("Envelope");
}

function recordType(model: RecordModel): protobuf.Type {
  const type = new protobuf.Type(model.name);
  for (const [index, field] of model.fields.entries()) {
    const { typeName, definition } = fieldDefinition(`${model.name}_${field.name}`, field);
    if (definition !== undefined) type.add(definition);
    const rule = field.repeated ? "repeated" : undefined;
    // As proto3 has them by default; a root that is built by hand has to be told.
    const options = { packed: field.repeated, ...(field.optional && { proto3_optional: true }) };
    type.add(new protobuf.Field(field.name, index + 1, typeName, rule, undefined, options));
  }
  return type;
}

/** The name of a field's type, and the type itself where it is not one of the format's own. */
function fieldDefinition(
  name: string,
  { type }: FieldModel,
): { readonly typeName: string; readonly definition?: protobuf.ReflectionObject } {
  if (isRecord(type)) return { typeName: name, definition: recordType({ ...type, name }) };
  if (!isEnumeration(type)) return { typeName: type };
  const numbers = type.symbols.map((symbol, number) => [symbol, number] as const);
  return { typeName: name, definition: new protobuf.Enum(name, Object.fromEntries(numbers)) };
}
