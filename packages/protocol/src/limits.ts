// What a received message may cost, as one object. Every limit has the attack it answers.

/** Bounds on the shape of one payload, checked before anything is built from it. */
export interface DecodeLimits {
  /** Levels of arrays and maps, the message itself being level 1. Answers stack exhaustion by nesting. */
  readonly maxNesting: number;
  /** Data items, counting every key, value and container. Answers breadth bombs: 1 MiB of empty maps is a million objects. */
  readonly maxItems: number;
}

/** For payloads of our own, and where a receiver's limits are looked at elsewhere. */
export const unlimited: DecodeLimits = { maxNesting: Infinity, maxItems: Infinity };

/** Bounds on one message. */
export interface MessageLimits extends DecodeLimits {
  /** Payload bytes of one frame. Refused on sight of the header, before memory is taken for it. */
  readonly maxFrameBytes: number;
}

/** The defaults: 1 MiB frames, 32 levels, 65 536 items. */
export const defaultLimits: MessageLimits = {
  maxFrameBytes: 1_048_576,
  maxNesting: 32,
  maxItems: 65_536,
};
