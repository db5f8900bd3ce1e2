// A protocol around one schema, for tests that are about the schema: its values travel as the property
// `v` of the message `m`.

import { type TSchema, Type } from "@sinclair/typebox";

import type { Codec } from "../../src/codec/codec.ts";
import { defineProtocol } from "../../src/define-protocol.ts";
import { toHex } from "./bytes.ts";
import { message, text } from "./cbor.ts";

/** What a `valueCodec` sends. */
export interface ValueMessage {
  type: "m";
  v: unknown;
}

/** The codec of `{ type: "m", v }`, where `v` has this schema. */
export function valueCodec(schema: TSchema): Codec<ValueMessage> {
  return defineProtocol({
    name: "test",
    version: 1,
    server: { m: Type.Object({ v: schema }) },
    client: {},
  }).server;
}

/** The payload of a message whose `v` is this item. */
export function payloadWith(item: Uint8Array): Uint8Array {
  return message("m", text("v"), item);
}

const PREFIX = "a26474797065616d6176";

/** The item that `value` is written as, in hexadecimal. */
export function hexOfValue(schema: TSchema, value: unknown): string {
  const payload = toHex(valueCodec(schema).encode({ type: "m", v: value }));
  if (!payload.startsWith(PREFIX))
    throw new Error(`expected {"type": "m", "v": …}, got ${payload}`);
  return payload.slice(PREFIX.length);
}

/** What a peer's item is read as. */
export function readValue(schema: TSchema, item: Uint8Array): unknown {
  return valueCodec(schema).decode(payloadWith(item)).v;
}

/** What comes out at the other end. */
export function roundTrip(schema: TSchema, value: unknown): unknown {
  const codec = valueCodec(schema);
  return codec.decode(codec.encode({ type: "m", v: value })).v;
}
