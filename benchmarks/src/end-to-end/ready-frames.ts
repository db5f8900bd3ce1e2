// The bytes that Typewire would send for a workload, made once before anything is timed, for the peers
// that have no codec.

import { defineProtocol } from "@typewire/protocol";

import type { Workload } from "./workload.ts";

/** The frames of a workload, by message and as a row. */
export interface ReadyFrames {
  readonly frames: ReadonlyMap<object, Uint8Array>;
  /** The frames of all messages in order, as one. */
  readonly cycle: Uint8Array;
  /** Where in the cycle each message ends. */
  readonly ends: readonly number[];
}

export function readyFrames({ schemas, messages }: Workload): ReadyFrames {
  const { server } = defineProtocol({ name: "bench", version: 1, server: schemas, client: {} });
  const frames = new Map(
    messages.map((message) => [message, server.encodeFrame(message)] as const),
  );
  const ends: number[] = [];
  let length = 0;
  for (const frame of frames.values()) ends.push((length += frame.length));
  return { frames, cycle: Buffer.concat([...frames.values()]), ends };
}

/** How many whole messages `bytes` bytes of the endless repetition of the cycle are. */
export function messagesIn({ cycle, ends }: ReadyFrames, bytes: number): number {
  const rest = bytes % cycle.length;
  const whole = Math.floor(bytes / cycle.length) * ends.length;
  return whole + ends.filter((end) => end <= rest).length;
}
