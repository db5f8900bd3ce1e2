// What a peer accepts, by what it has announced in its hello: a sender goes by that, not by its own limits.

import { defaultLimits, type Hello, type MessageLimits } from "@typewire/protocol";
import { unannouncedLimits } from "@typewire/protocol/internal";

/**
 * Of a peer that has said `hello`, or none yet; what it left out is as unannouncedLimits. Makes no object for a peer
 * that announces nothing unusual: every message that is sent asks.
 */
export function limitsOfPeer(hello: Hello | undefined): MessageLimits {
  if (hello === undefined) return unannouncedLimits;
  const { maxFrameBytes, maxItems, maxNesting } = hello;
  if (maxItems === undefined && maxNesting === undefined) {
    if (maxFrameBytes === undefined) return unannouncedLimits;
    if (maxFrameBytes === defaultLimits.maxFrameBytes) return defaultLimits;
  }
  return {
    maxFrameBytes: maxFrameBytes ?? unannouncedLimits.maxFrameBytes,
    maxItems: maxItems ?? unannouncedLimits.maxItems,
    maxNesting: maxNesting ?? unannouncedLimits.maxNesting,
  };
}
