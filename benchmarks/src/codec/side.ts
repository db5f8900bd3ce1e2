// What every competitor is to the codec benchmarks: a way to encode and to decode the messages of a
// corpus, with its own values and its own bytes. Conversions between a competitor's form of a message and
// the plain one are for the comparison of results only, and never timed.

import type { TSchema } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";

import type { Corpus, Message } from "./corpus.ts";

/** A competitor. */
export interface CodecSide {
  /** What a decoded message has been checked for, beyond what the program's memory needs. */
  readonly decodeChecks: string;
  /** What a value is checked for before, or while, it is encoded. */
  readonly encodeChecks: string;
  /** Makes all that is made once per program: schemas, generated code, dictionaries. */
  prepare(corpus: Corpus): PreparedSide;
}

/** A competitor made ready for one corpus. */
export interface PreparedSide {
  /** The corpus's messages in the form in which this side's users hold them. */
  readonly values: readonly unknown[];
  /** The same messages as they arrive from the wire. */
  readonly wire: readonly unknown[];
  readonly encode: (value: unknown) => unknown;
  readonly decode: (wire: unknown) => unknown;
  /** The plain message that a decoded value stands for. */
  readonly toMessage: (decoded: unknown) => Message;
  /** What `encode` returned, kept: encoders may reuse the memory of their result. */
  readonly keep: (encoded: unknown) => unknown;
}

/** What a side may leave out of `PreparedSide` because it holds messages as they are. */
interface Workings<Value, Wire> {
  readonly values?: readonly Value[];
  readonly encode: (value: Value) => Wire;
  readonly decode: (wire: Wire) => unknown;
  readonly keep?: (encoded: Wire) => Wire;
  readonly toMessage?: (decoded: never) => Message;
}

/**
 * Puts a side together; the types tie its parts to each other, and no further. `encode` and `decode`
 * are handed on as they are: a wrapper would be timed.
 */
export function prepared<Value, Wire>(
  corpus: Corpus,
  { values, encode, decode, keep = copyBytes, toMessage }: Workings<Value, Wire>,
): PreparedSide {
  const ownValues = values ?? (corpus.messages as readonly unknown[] as readonly Value[]);
  return {
    values: ownValues,
    wire: ownValues.map((value) => keep(encode(value))),
    encode: encode as (value: unknown) => unknown,
    decode: decode as (wire: unknown) => unknown,
    keep: keep as (encoded: unknown) => unknown,
    toMessage: (toMessage as ((decoded: unknown) => Message) | undefined) ?? asItIs,
  };
}

function asItIs(decoded: unknown): Message {
  return decoded as Message;
}

/**
 * A copy of bytes, which may lie in an encoder's pool; text as it is. As a Buffer, which is what Bun's
 * sockets hand over, and from which protobufjs decodes a third faster than from a Uint8Array.
 */
function copyBytes<Wire>(encoded: Wire): Wire {
  return encoded instanceof Uint8Array
    ? (Buffer.from(encoded) as Uint8Array as typeof encoded)
    : encoded;
}

/**
 * The compiled TypeBox check of a schema, as the bare function that `TypeCheck.Check` calls. Every side
 * has its own, which sees the objects of one decoder only.
 */
export function compileCheck(schema: TSchema): (value: unknown) => boolean {
  const source = TypeCompiler.Code(schema, [], { language: "javascript" });
  // oxlint-disable-next-line typescript/no-implied-eval -- TypeBox's own output, as TypeCompiler runs it
  return new Function(source)() as (value: unknown) => boolean;
}

/** What to throw where a check fails; no message of a corpus does. */
export function checkFailed({ name }: Corpus): Error {
  return new Error(`${name}: a message fails its check`);
}

/** What the compiled TypeBox check sees: as much as Typewire does. */
export const FULL_CHECK = "all of the schema";
