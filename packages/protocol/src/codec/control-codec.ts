// A codec of messages of ours that travel outside connections, on a bus: in the same frames and the same CBOR,
// with names that start with `$`, so that no user's message can be one of them.

import type { TSchema } from "@sinclair/typebox";

import { CodeBudget } from "../code-budget.ts";
import { appendPointer } from "../errors.ts";
import { EntryBuilder } from "../schema/message-entry.ts";
import type { AnyMessage, MessageSchemas } from "../schema/message-table.ts";
import type { Codec } from "./codec.ts";
import { DirectionCodec } from "./direction-codec.ts";

/** What reads and writes messages that only ours know. */
export type ControlCodec<Message extends AnyMessage> = {
  /** See `Codec.decodeIncoming`. */
  decode(payload: Uint8Array, start: number, end: number): Message;
} & Pick<Codec<Message>, "encodeInto">;

/** The codec of `schemas`, by names that start with `$`; `Message` is what they are in TypeScript. */
export function controlCodec<Message extends AnyMessage>(
  schemas: MessageSchemas,
): ControlCodec<Message> {
  const budget = new CodeBudget();
  const builder = new EntryBuilder(budget);
  const entries = Object.entries<TSchema>(schemas).map(([name, schema]) =>
    builder.build({ type: name }, schema, appendPointer("", name)),
  );
  const table = new Map(entries.map((entry) => [entry.name, entry]));
  const codec = new DirectionCodec<Message>(table, undefined, budget, "in place");
  // There are few, and all of them are used at once.
  codec.compileNow();
  return {
    // The table has these messages and no others.
    decode: (payload, start, end) => codec.decodeIncoming(payload, start, end) as Message,
    encodeInto: (message, writer, limits) => codec.encodeInto(message, writer, limits),
  };
}
