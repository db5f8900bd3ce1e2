// The frames of a batch, looked at before they go to any member: each whole, one item of the profile, and a message
// of this protocol's server by its name. What its fields say is between its server and the clients.

import type { Run } from "@typewire/connection";
import {
  type AnyMessage,
  type Codec,
  decodeHeader,
  defaultLimits,
  HEADER_BYTES,
  TypewireError,
} from "@typewire/protocol";
import { assertForwardable } from "@typewire/protocol/internal";

/** For messages larger than most receivers take; deeper than this, scanning would cost the stack. */
const WIDE = { maxItems: Infinity, maxNesting: 512 };

/**
 * The frames in `bytes` from `start` on, copied: what a bus hands over is its own.
 *
 * @throws TypewireError or RangeError where they are not `count` frames of messages of `codec`.
 */
export function readRun(
  bytes: Uint8Array,
  start: number,
  count: number,
  codec: Codec<AnyMessage>,
): Run {
  let found = 0;
  let largestPayloadBytes = 0;
  let isUsual = true;
  for (let position = start; position < bytes.length; found += 1) {
    const payload = position + HEADER_BYTES;
    const payloadBytes = decodeHeader(bytes, position);
    position = payload + payloadBytes;
    if (position > bytes.length) throw new RangeError("The last frame is not whole");
    isUsual = isWithinDefaults(codec, bytes, payload, position) && isUsual;
    if (payloadBytes > largestPayloadBytes) largestPayloadBytes = payloadBytes;
  }
  if (found !== count) throw new RangeError(`Expected ${count} frames, got ${found}`);
  return { bytes: bytes.slice(start), count, largestPayloadBytes, isUsual };
}

/** Whether it is within the default limits; throws where it is not even within wider ones. */
function isWithinDefaults(
  codec: Codec<AnyMessage>,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  try {
    assertForwardable(codec, bytes, start, end, defaultLimits);
    return true;
  } catch (error) {
    if (!(error instanceof TypewireError) || error.code !== "cbor-limit") throw error;
    assertForwardable(codec, bytes, start, end, WIDE);
    return false;
  }
}
