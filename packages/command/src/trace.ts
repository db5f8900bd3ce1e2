// What `--trace` says of one message: its type, its value, its header and its bytes in hex. Bytes are
// only looked at during the call.

import { encodeHeader, HEADER_BYTES } from "@typewire/protocol";

import { readable } from "./readable.ts";
import type { TracedMessage } from "./shared-events.ts";

/** A dump beyond this is too long to read; the length is in the header. */
const MAX_DUMPED_BYTES = 2048;

/** Of a message that was sent as the frame `bytes[start, end)`. */
export function traceSent(
  connection: string,
  message: { readonly type: string },
  bytes: Uint8Array,
  start: number,
  end: number,
): TracedMessage {
  return traceReceived(connection, message, bytes, start + HEADER_BYTES, end);
}

/** Of a message that came as the payload `bytes[start, end)`. The header shown is the one such a payload has. */
export function traceReceived(
  connection: string,
  message: { readonly type: string },
  bytes: Uint8Array,
  start: number,
  end: number,
): TracedMessage {
  const shownEnd = Math.min(end, start + MAX_DUMPED_BYTES);
  const header = new TextDecoder().decode(encodeHeader(end - start));
  return {
    connection,
    type: message.type,
    message: readable(message),
    encoded: `${bytes.subarray(start, shownEnd).toHex()}${shownEnd < end ? "…" : ""}`,
    header: JSON.stringify(header),
  };
}
