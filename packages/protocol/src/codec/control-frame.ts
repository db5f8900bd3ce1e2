// A control message as a frame of its own: for what many connections send alike, and what is said where there is no
// connection.

import { ByteWriter } from "../byte-writer.ts";
import type { ControlMessage } from "../schema/control.ts";
import type { AnyMessage } from "../schema/message-table.ts";
import type { Codec } from "./codec.ts";

/** `message` with its header, in memory of its own. */
export function controlFrame<Message extends AnyMessage>(
  codec: Pick<Codec<Message>, "encodeInto">,
  message: ControlMessage,
): Uint8Array {
  const writer = new ByteWriter();
  codec.encodeInto(message, writer);
  return writer.copy();
}
