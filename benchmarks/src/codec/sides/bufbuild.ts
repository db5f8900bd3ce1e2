// @bufbuild/protobuf, the runtime of protobuf-es. Its generated files hold a serialised descriptor and
// nothing else, so a descriptor made here is what its users run with. Once with what the format itself
// checks, and once with all of the schema.

import {
  create,
  createFileRegistry,
  type DescMessage,
  fromBinary,
  toBinary,
} from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as FieldKind,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt";

import type { Corpus, Message } from "../corpus.ts";
import {
  convertRecord,
  type FieldType,
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
type ProtobufMessage = ReturnType<typeof create>;

export const bufbuild: CodecSide = {
  decodeChecks: "wire types",
  encodeChecks: "types",
  prepare(corpus) {
    const schema = rootSchema(modelsOf(corpus));
    return prepare(
      corpus,
      schema,
      (value) => toBinary(schema, value),
      (bytes) => fromBinary(schema, bytes),
    );
  },
};

export const bufbuildChecked: CodecSide = {
  decodeChecks: FULL_CHECK,
  encodeChecks: FULL_CHECK,
  prepare(corpus) {
    const models = modelsOf(corpus);
    const schema = rootSchema(models);
    const checks = recordChecks(corpus, "numbers");
    const single = singleOf(models);
    const isValid =
      single === undefined
        ? (value: unknown): boolean => {
            const { message } = value as Envelope;
            return checks[message.case]?.(message.value) ?? false;
          }
        : checks[single.name];
    if (isValid === undefined) throw checkFailed(corpus);
    return prepare(
      corpus,
      schema,
      (value) => {
        if (!isValid(value)) throw checkFailed(corpus);
        return toBinary(schema, value);
      },
      (bytes) => {
        const value = fromBinary(schema, bytes);
        if (!isValid(value)) throw checkFailed(corpus);
        return value;
      },
    );
  },
};

/** What a message of several types decodes to. */
interface Envelope {
  readonly message: { readonly case: string; readonly value: Plain };
}

function prepare(
  corpus: Corpus,
  schema: DescMessage,
  encode: (value: ProtobufMessage) => Uint8Array,
  decode: (bytes: Uint8Array) => unknown,
): PreparedSide {
  const models = modelsOf(corpus);
  const single = singleOf(models);
  return prepared<ProtobufMessage, Uint8Array>(corpus, {
    values: corpus.messages.map((message) => {
      const model = modelOf(models, message);
      const value = convertRecord(model, message, symbolToNumber);
      const init = single === undefined ? { message: { case: model.name, value } } : value;
      return create(schema, init as Parameters<typeof create>[1]);
    }),
    encode,
    decode,
    toMessage(decoded: object): Message {
      const { case: name, value: record } =
        single === undefined
          ? (decoded as Envelope).message
          : { case: single.name, value: decoded as Plain };
      const model = modelOf(models, { type: name });
      return { type: name, ...convertRecord(model, record, numberToSymbol) };
    },
  });
}

function singleOf(models: readonly RecordModel[]): RecordModel | undefined {
  return models.length === 1 ? models[0] : undefined;
}

function rootSchema(models: readonly RecordModel[]): DescMessage {
  const envelope = {
    name: "Envelope",
    field: models.map(({ name }, index) => ({
      name,
      number: index + 1,
      label: Label.OPTIONAL,
      type: FieldKind.MESSAGE,
      typeName: `.bench.${name}`,
      oneofIndex: 0,
    })),
    oneofDecl: [{ name: "message" }],
  };
  const file = create(FileDescriptorProtoSchema, {
    name: "bench.proto",
    package: "bench",
    syntax: "proto3",
    messageType: [...models.map((model) => messageType(model, "")), envelope],
  });
  const schema = createFileRegistry(file, () => undefined).getMessage(
    `bench.${singleOf(models)?.name ?? "Envelope"}`,
  );
  if (schema === undefined)
    throw new Error("bench.proto: expected the root message in the registry");
  return schema;
}

export interface MessageType {
  name: string;
  field: { name: string; number: number; label: Label; type: FieldKind; typeName: string }[];
  nestedType: MessageType[];
  enumType: { name: string; value: { name: string; number: number }[] }[];
  oneofDecl: { name: string }[];
}

const SCALARS = {
  string: FieldKind.STRING,
  bool: FieldKind.BOOL,
  double: FieldKind.DOUBLE,
  uint32: FieldKind.UINT32,
  sint32: FieldKind.SINT32,
} as const;

/** The descriptor of a record in the package `bench`; `outer` is the path of what it stands in. */
export function messageType(model: RecordModel, outer: string): MessageType {
  const path = `${outer}.${model.name}`;
  const types = model.fields.map(({ type }) => type);
  // proto3 says "may be absent" with a `oneof` of one member for each such field.
  const optionals = model.fields.filter(({ optional }) => optional).map(({ name }) => name);
  return {
    name: model.name,
    field: model.fields.map(({ name, type, repeated, optional }, index) => ({
      name,
      number: index + 1,
      label: repeated ? Label.REPEATED : Label.OPTIONAL,
      type: fieldKind(type),
      typeName: typeName(path, name, type),
      ...(optional && { proto3Optional: true, oneofIndex: optionals.indexOf(name) }),
    })),
    nestedType: types.filter(isRecord).map((record) => messageType(record, path)),
    enumType: model.fields.flatMap(({ name, type }) =>
      isEnumeration(type) ? [enumType(name, type.symbols)] : [],
    ),
    oneofDecl: optionals.map((name) => ({ name: `_${name}` })),
  };
}

function enumType(name: string, symbols: readonly string[]): MessageType["enumType"][number] {
  const value = symbols.map((symbol, number) => ({ name: `${name}_${symbol}`, number }));
  return { name: `${name}_values`, value };
}

function fieldKind(type: FieldType): FieldKind {
  if (isRecord(type)) return FieldKind.MESSAGE;
  return isEnumeration(type) ? FieldKind.ENUM : SCALARS[type];
}

function typeName(path: string, field: string, type: FieldType): string {
  if (isRecord(type)) return `.bench${path}.${type.name}`;
  return isEnumeration(type) ? `.bench${path}.${field}_values` : "";
}
