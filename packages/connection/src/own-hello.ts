// The `$hello` that a side begins with: the protocol, and what of its limits a peer does not take for granted; and how
// large that of a peer can be.

import {
  type AnyMessage,
  type AnyProtocol,
  type Codec,
  decodeHeader,
  defaultLimits,
  type Hello,
  MAX_ANNOUNCED_BYTES,
} from "@typewire/protocol";
import { controlFrame } from "@typewire/protocol/internal";

import { CALLS_FEATURE, GAP_FEATURE } from "./features.ts";
import { NONCE_BYTES } from "./handshake/secret-exchange.ts";
import type { ConnectionLimits } from "./limits.ts";

/** What a side does, as far as its `$hello` says so. */
export interface Abilities {
  readonly makesCalls: boolean;
  readonly answersCalls: boolean;
  /** Whether it asks to be told of gaps. */
  readonly hearsGaps: boolean;
}

/** The `$hello` of a side of `protocol`. */
export function ownHello(
  { name, version, fingerprint }: AnyProtocol,
  limits: ConnectionLimits,
  { makesCalls, answersCalls, hearsGaps }: Abilities,
): Hello {
  const { maxFrameBytes, maxItems, maxNesting, heartbeatIntervalMs } = limits;
  const hello: Hello = { type: "$hello", protocol: name, version, fingerprint, maxFrameBytes };
  // A peer takes the defaults for granted.
  if (maxItems !== defaultLimits.maxItems) hello.maxItems = maxItems;
  if (maxNesting !== defaultLimits.maxNesting) hello.maxNesting = maxNesting;
  if (heartbeatIntervalMs > 0) hello.heartbeatIntervalMs = heartbeatIntervalMs;
  if (answersCalls) {
    hello.maxCalls = limits.maxCalls;
    hello.maxStreams = limits.maxStreams;
  }
  const features = [...(makesCalls ? [CALLS_FEATURE] : []), ...(hearsGaps ? [GAP_FEATURE] : [])];
  if (features.length > 0) hello.features = features;
  return hello;
}

/**
 * Payload bytes of the largest `$hello` of an end of the protocol that `hello` names, of whatever version and make:
 * each field is the largest that its schema has, since those of our limits bind no other implementation.
 */
export function largestHelloBytes(
  codec: Pick<Codec<AnyMessage>, "encodeInto">,
  hello: Hello,
): number {
  const largest: Hello = {
    ...hello,
    version: Number.MIN_SAFE_INTEGER,
    maxFrameBytes: MAX_ANNOUNCED_BYTES,
    maxItems: Number.MAX_SAFE_INTEGER,
    maxNesting: Number.MAX_SAFE_INTEGER,
    heartbeatIntervalMs: Number.MAX_SAFE_INTEGER,
    maxCalls: Number.MAX_SAFE_INTEGER,
    maxStreams: Number.MAX_SAFE_INTEGER,
    features: [CALLS_FEATURE, GAP_FEATURE],
    nonce: new Uint8Array(NONCE_BYTES),
  };
  return decodeHeader(controlFrame(codec, largest));
}
