// Both paths of a protocol with calls, for tests that ask each of them the same question.

import type { TSchema } from "@sinclair/typebox";

import { ByteWriter } from "../../src/byte-writer.ts";
import type { Codec } from "../../src/codec/codec.ts";
import { compileNow } from "../../src/codec/direction-codec.ts";
import { defineProtocol, defineReferenceProtocol, type Role } from "../../src/define-protocol.ts";
import { HEADER_BYTES } from "../../src/frame/header.ts";
import type { MessageLimits } from "../../src/limits.ts";
import type { CallDefinitions } from "../../src/schema/call-definition.ts";
import type { OpenCalls } from "../../src/schema/call-table.ts";
import type { CallMessage, ControlMessage } from "../../src/schema/control.ts";

/** The two directions of a protocol, by their writer. */
export type CallCodecs = Readonly<Record<Role, Codec<never>>>;

/** One protocol of `calls`, once with everything compiled and once without. */
export function callPathsOf(
  calls: CallDefinitions,
  auth?: TSchema,
): Readonly<Record<"compiled" | "reference", CallCodecs>> {
  const definition = { name: "test", version: 1, server: {}, client: {}, calls };
  const whole = auth === undefined ? definition : { ...definition, auth };
  const compiled = defineProtocol(whole);
  compileNow(compiled.server);
  compileNow(compiled.client);
  return { compiled, reference: defineReferenceProtocol(whole) };
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
