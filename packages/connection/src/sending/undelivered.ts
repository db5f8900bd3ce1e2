// The messages that were sent and did not leave, read back from the queue that holds their bytes. So no
// message has to be kept beside its bytes, and a message that the program has changed since is read as sent.

import { type AnyMessage, type Codec, decodeHeader, HEADER_BYTES } from "@typewire/protocol";

import type { UnsentRun } from "./output-queue.ts";

const noLimits = { maxItems: Number.POSITIVE_INFINITY, maxNesting: Number.POSITIVE_INFINITY };

/**
 * How many user messages in `runs` have not left whole.
 *
 * @throws TypewireError where a frame that was given ready-made is none.
 */
export function countUndelivered(runs: Iterable<UnsentRun>): number {
  let count = 0;
  eachPayload(runs, () => {
    count += 1;
  });
  return count;
}

/**
 * Copies of the user messages in `runs` that have not left whole, in order.
 *
 * @throws TypewireError where a frame that was given ready-made is none.
 */
export function readUndelivered<Message extends AnyMessage>(
  runs: Iterable<UnsentRun>,
  codec: Codec<Message>,
): readonly Message[] {
  const messages: Message[] = [];
  eachPayload(runs, (bytes, start, end) => {
    // Only user messages are visited; what the peer would accept does not matter any more.
    messages.push(codec.decodeIncoming(bytes, start, end, noLimits) as Message);
  });
  return messages;
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
