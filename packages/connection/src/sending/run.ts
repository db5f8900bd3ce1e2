// Frames back to back that go to many connections as one piece: what came over a bus. Whether a peer takes them is
// the sender's to see; what they say, nothing here looks at.

import { decodeHeader, defaultLimits, HEADER_BYTES, type MessageLimits } from "@typewire/protocol";

/** Whole frames of messages of this side, which do not change any more: many connections share the bytes. */
export interface Run {
  readonly bytes: Uint8Array;
  /** How many frames. */
  readonly count: number;
  readonly largestPayloadBytes: number;
  /** Whether each is within the default limits of items and nesting. */
  readonly isUsual: boolean;
}

/** Whether a peer with these limits takes each frame of `run`; a run that is not usual has to be looked at frame by frame. */
export function fitsRun(
  { largestPayloadBytes, isUsual }: Run,
  { maxFrameBytes, maxItems, maxNesting }: MessageLimits,
): boolean {
  return (
    isUsual &&
    largestPayloadBytes <= maxFrameBytes &&
    maxItems >= defaultLimits.maxItems &&
    maxNesting >= defaultLimits.maxNesting
  );
}

/** The frames one by one, as views of the run. */
export function* framesOf({ bytes }: Pick<Run, "bytes">): Generator<Uint8Array> {
  for (let position = 0; position < bytes.length;) {
    const end = position + HEADER_BYTES + decodeHeader(bytes, position);
    yield bytes.subarray(position, end);
    position = end;
  }
}
