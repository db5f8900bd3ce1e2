// A control message in as many words as the peer takes: its sentence is for people, and is cut before the message
// is left out.

import { type MessageLimits, TypewireError } from "@typewire/protocol";
import { unannouncedLimits } from "@typewire/protocol/internal";

import type { OwnControlMessage } from "../close-reason.ts";
import { oneLine } from "../text.ts";

/** So many units of text, of up to three bytes each, fit into 256 bytes beside everything else. */
const FEW_UNITS = 40;

/** Encodes `message` for a peer that takes `maxFrameBytes`: whole, in few words or none, or not at all. */
export function encodeFitting(
  message: OwnControlMessage,
  maxFrameBytes: number,
  encode: (said: OwnControlMessage, limits: MessageLimits) => void,
): void {
  const limits = { ...unannouncedLimits, maxFrameBytes };
  for (const said of [message, inWords(message, FEW_UNITS), inWords(message, 0)]) {
    try {
      encode(said, limits);
      return;
    } catch (error) {
      if (!(error instanceof TypewireError) || error.code !== "frame-too-large") throw error;
    }
  }
}

/** `message` with its sentence cut to `units` of text, and without the path and type of a refused message. */
function inWords(message: OwnControlMessage, units: number): OwnControlMessage {
  const cut = (text: string): string => (units === 0 ? "" : oneLine(text, units));
  if (message.type === "$error") {
    const { type, code, frame } = message;
    const said = { type, code, message: cut(message.message) };
    return frame === undefined ? said : { ...said, frame };
  }
  return message.type === "$bye" ? { ...message, reason: cut(message.reason) } : message;
}
