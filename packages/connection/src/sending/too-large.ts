// What a peer does not take for its size: its limits are known from its `$hello`, so a message beyond them never
// leaves. What the program hears of it, and what is counted, is the sender's.

import { HEADER_BYTES, type MessageLimits, TypewireError } from "@typewire/protocol";
import { isInstance } from "@typewire/protocol/internal";

import type { FrameSizes } from "./frame-sizes.ts";

/** Whether a message could not be sent because the peer does not take one of its size. */
export function isTooLarge(error: unknown): error is TypewireError {
  if (!isInstance(error, TypewireError)) return false;
  return error.code === "frame-too-large" || error.code === "cbor-limit";
}

/** Why a peer with these limits does not take a ready-made frame; undefined where it does. */
export function refusalOf(
  frame: Uint8Array,
  { maxFrameBytes, maxItems, maxNesting }: MessageLimits,
  frameSizes: FrameSizes,
): TypewireError | undefined {
  const payloadBytes = frame.length - HEADER_BYTES;
  if (payloadBytes > maxFrameBytes) {
    return new TypewireError(
      "frame-too-large",
      `Cannot send: the message takes ${payloadBytes} bytes, the peer accepts ${maxFrameBytes}`,
    );
  }
  // Each level and each item takes a byte at least.
  if (payloadBytes <= Math.min(maxItems, maxNesting)) return undefined;
  const { items, nesting } = frameSizes.of(frame);
  if (items > maxItems) return beyond(`${items} data items`, maxItems);
  if (nesting > maxNesting) return beyond(`${nesting} levels of nesting`, maxNesting);
  return undefined;
}

function beyond(size: string, limit: number): TypewireError {
  return new TypewireError(
    "cbor-limit",
    `Cannot send: the message has ${size}, the peer accepts ${limit}`,
  );
}
