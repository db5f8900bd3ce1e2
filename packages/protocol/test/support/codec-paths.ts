// The paths of one schema, for tests that ask each of them the same question.

import { type TSchema, Type } from "@sinclair/typebox";

import type { Codec } from "../../src/codec/codec.ts";
import { compileNow } from "../../src/codec/direction-codec.ts";
import {
  defineDenseProtocol,
  defineProtocol,
  defineReferenceProtocol,
} from "../../src/define-protocol.ts";
import { TypewireError } from "../../src/errors.ts";
import type { ValueMessage } from "./value-codec.ts";

/** The codecs of the message `m` whose property `v` has one schema; the first two are compiled, not to be when they have been used. */
export type CodecPaths = Readonly<Record<"compiled" | "dense" | "reference", Codec<ValueMessage>>>;

/** @throws TypewireError `protocol-invalid` where the schema is refused. */
export function codecPathsOf(schema: TSchema): CodecPaths {
  const server = { m: Type.Object({ v: schema }) };
  const definition = { name: "test", version: 1, server, client: {} };
  const compiled = defineProtocol(definition).server;
  const dense = defineDenseProtocol(definition).server;
  compileNow(compiled);
  compileNow(dense);
  return {
    compiled,
    dense,
    reference: defineReferenceProtocol(definition).server,
  };
}

/** What an attempt comes to, undefined for a refusal. Whatever is no TypewireError fails the test. */
export function outcomeOf<Value>(attempt: () => Value): { readonly value: Value } | undefined {
  try {
    return { value: attempt() };
  } catch (error) {
    if (error instanceof TypewireError) return undefined;
    throw error;
  }
}
