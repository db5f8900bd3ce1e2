// JSON and zod: what a TypeScript program has most often. Unions of messages are discriminated ones, as
// zod's documentation advises for speed.

import { Kind, OptionalKind, type TSchema } from "@sinclair/typebox";
import { z } from "zod";

import { type Corpus, type Message, messageSchema } from "../corpus.ts";
import { type CodecSide, FULL_CHECK, prepared } from "../side.ts";

export const jsonZod: CodecSide = {
  decodeChecks: FULL_CHECK,
  encodeChecks: FULL_CHECK,
  prepare(corpus) {
    const schema = zodOf(corpus);
    return prepared<Message, string>(corpus, {
      encode: (message) => JSON.stringify(schema.parse(message)),
      decode: (text) => schema.parse(JSON.parse(text)),
    });
  },
};

/** The zod schema of a corpus's messages. */
export function zodOf(corpus: Corpus): z.ZodType {
  const schema = messageSchema(corpus);
  if (schema[Kind] === "Object") return toZod(schema);
  const [first, ...others] = (schema["anyOf"] as readonly TSchema[]).map(toObject);
  if (first === undefined) throw new Error(`${corpus.name}: expected messages`);
  return z.discriminatedUnion("type", [first, ...others]);
}

function toObject(schema: TSchema): z.ZodObject {
  const properties = schema["properties"] as Record<string, TSchema>;
  return z.object(
    Object.fromEntries(
      Object.entries(properties).map(([name, property]) => {
        const type = toZod(property);
        return [name, property[OptionalKind] === "Optional" ? type.optional() : type];
      }),
    ),
  );
}

function toZod(schema: TSchema): z.ZodType {
  switch (schema[Kind]) {
    case "Object":
      return toObject(schema);
    case "Array":
      return z.array(toZod(schema["items"] as TSchema));
    case "Union":
      return z.enum((schema["anyOf"] as readonly TSchema[]).map((item) => item["const"] as string));
    case "Literal":
      return z.literal(schema["const"] as string);
    case "Boolean":
      return z.boolean();
    case "String":
      return bounded(z.string(), schema["minLength"], schema["maxLength"]);
    case "Number":
      return bounded(z.number(), schema["minimum"], schema["maximum"]);
    case "Integer":
      return bounded(z.int(), schema["minimum"], schema["maximum"]);
    default:
      throw new Error(`zod: expected a kind that the corpora use, got ${schema[Kind]}`);
  }
}

function bounded<Type extends z.ZodString | z.ZodNumber>(
  type: Type,
  least: number | undefined,
  most: number | undefined,
): z.ZodType {
  const low = least === undefined ? type : type.min(least);
  return most === undefined ? low : low.max(most);
}
