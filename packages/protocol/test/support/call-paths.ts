// The paths of a protocol with calls, for tests that ask each of them the same question.

import { type TSchema, Type } from "@sinclair/typebox";

import { ByteWriter } from "../../src/byte-writer.ts";
import type { Codec } from "../../src/codec/codec.ts";
import { compileNow } from "../../src/codec/direction-codec.ts";
import {
  defineDenseProtocol,
  defineProtocol,
  defineReferenceProtocol,
  type Role,
} from "../../src/define-protocol.ts";
import { HEADER_BYTES } from "../../src/frame/header.ts";
import type { MessageLimits } from "../../src/limits.ts";
import type { CallDefinitions } from "../../src/schema/call-definition.ts";
import type { OpenCalls } from "../../src/schema/call-table.ts";
import type { CallMessage, ControlMessage } from "../../src/schema/control.ts";

/** The two directions of a protocol, by their writer. */
export type CallCodecs = Readonly<Record<Role, Codec<never>>>;

/** One protocol of `calls`, with everything compiled, with dense code, and without. */
export function callPathsOf(
  calls: CallDefinitions,
  auth?: TSchema,
): Readonly<Record<"compiled" | "dense" | "reference", CallCodecs>> {
  const definition = { name: "test", version: 1, server: {}, client: {}, calls };
  const whole = auth === undefined ? definition : { ...definition, auth };
  const compiled = defineProtocol(whole);
  const dense = defineDenseProtocol(whole);
  for (const protocol of [compiled, dense]) {
    compileNow(protocol.server);
    compileNow(protocol.client);
  }
  return { compiled, dense, reference: defineReferenceProtocol(whole) };
}

/** The payload of a message of the call `name`, the header left out. */
export function encodeCall(
  codec: Codec<never>,
  message: CallMessage,
  name: string,
  limits?: MessageLimits,
): Uint8Array {
  const writer = new ByteWriter();
  codec.encodeCallInto(message, name, writer, limits);
  return writer.copy(HEADER_BYTES);
}

/** The payload of any other control message. */
export function encodeControl(codec: Codec<never>, message: ControlMessage): Uint8Array {
  const writer = new ByteWriter();
  codec.encodeInto(message, writer);
  return writer.copy(HEADER_BYTES);
}

/** What `payload` says, where the open calls are these. */
export function decodeCall(
  codec: Codec<never>,
  payload: Uint8Array,
  openCalls?: OpenCalls,
): ControlMessage {
  return codec.decodeIncoming(payload, 0, payload.length, undefined, openCalls);
}

/** Calls of every kind, and of names that are easily mistaken. */
export const theCalls = callPathsOf(
  {
    quote: {
      input: Type.Object({ symbol: Type.String() }),
      output: Type.Object({ price: Type.Number(), at: Type.Date() }),
      errors: {
        unknownSymbol: Type.Object({ symbol: Type.String() }),
        closed: Type.Null(),
      },
    },
    tail: { input: Type.Object({ after: Type.Integer() }), yields: Type.Date() },
    upload: { sends: Type.Uint8Array({ maxByteLength: 4 }), output: Type.Integer() },
    chat: { sends: Type.String(), yields: Type.BigInt() },
    // As "quote" in its first and last letter and its length.
    quite: { input: Type.Union([Type.String(), Type.Null()]), output: Type.Undefined() },
    toString: { input: Type.Integer() },
    constructor: { output: Type.Array(Type.Boolean()) },
    é: { output: Type.Null() },
  },
  Type.Object({ token: Type.String() }),
);

const open: Readonly<Record<number, string>> = {
  1: "quote",
  2: "tail",
  3: "upload",
  4: "chat",
  5: "quite",
  6: "toString",
  7: "constructor",
  8: "é",
  9: "$authenticate",
  [-1]: "quote",
  [2 ** 53 - 1]: "chat",
};
/** An id of each of them. */
export const openCalls = (id: number): string | undefined => open[id];
