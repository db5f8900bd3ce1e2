// What was sent and did not leave, read back from the queue it waits in: nothing has to be kept beside
// the bytes, and what is reported is what was sent, whatever became of the object since.

import { type AnyMessage, type Codec, decodeHeader, HEADER_BYTES } from "@typewire/protocol";

import type { Connection } from "./connection.ts";
import type { Endpoint } from "./endpoint.ts";
import type { UnsentRun } from "./output-queue.ts";

/** Tells the owner which messages were sent and have not left whole, in order. Returns how many. Never throws. */
export function reportUndelivered<Outgoing extends AnyMessage, Incoming extends AnyMessage>(
  connection: Connection<Outgoing, Incoming>,
  { outgoing, hooks }: Pick<Endpoint<Outgoing, Incoming>, "outgoing" | "hooks">,
  unsent: () => Iterable<UnsentRun>,
): number {
  let count = 0;
  try {
    eachPayload(unsent(), () => {
      count += 1;
    });
    if (count > 0) hooks.undelivered?.(connection, readMessages(unsent(), outgoing));
  } catch (error) {
    // A frame given to `sendFrame` that is none, or an owner that fails: the end goes on.
    hooks.handlerFailed?.(connection, "undelivered", error);
  }
  return count;
}

/** Calls back with each user message in `runs` that has not left whole, as its payload. */
function eachPayload(
  runs: Iterable<UnsentRun>,
  visit: (bytes: Uint8Array, start: number, end: number) => void,
): void {
  for (const { bytes, sentBytes } of runs) {
    for (let position = 0; position < bytes.length;) {
      const start = position + HEADER_BYTES;
      const end = start + decodeHeader(bytes, position);
      if (end > sentBytes && !isControlPayload(bytes, start)) visit(bytes, start, end);
      position = end;
    }
  }
}

function readMessages<Message extends AnyMessage>(
  runs: Iterable<UnsentRun>,
  codec: Codec<Message>,
): readonly Message[] {
  const messages: Message[] = [];
  eachPayload(runs, (bytes, start, end) => {
    messages.push(codec.decode(bytes, start, end));
  });
  return messages;
}

/**
 * Whether a payload that our codec wrote is a control message. It writes `type` first, a map of a
 * control message has less than 24 entries, and its name less than 24 bytes: so each of those is told
 * in one byte, and the name's `$` is the eighth.
 */
function isControlPayload(bytes: Uint8Array, start: number): boolean {
  const map = bytes[start] ?? 0;
  const name = bytes[start + 6] ?? 0;
  return map >= 0xa1 && map <= 0xb7 && name >= 0x60 && name <= 0x77 && bytes[start + 7] === 0x24;
}
