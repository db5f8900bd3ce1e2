// What servers say to each other on a bus, beside the messages that they pass on: `$batch` stands in front of
// those, `$beat` says that a server lives and what it has published last, `$begin` answers one that has begun to hear a
// topic. All are frames like any other.

import { decodeHeader, HEADER_BYTES, Type } from "@typewire/protocol";
import { ByteWriter, controlCodec, type ControlCodec } from "@typewire/protocol/internal";

const whole = (minimum: number) => Type.Integer({ minimum, maximum: Number.MAX_SAFE_INTEGER });

/** The control frame of a batch, and of a beat without topics, is shorter. */
export const HEAD_BYTES = 320;

/** Longer names are of no server of ours. */
const nodeId = Type.String({ minLength: 1, maxLength: 64 });

const schemas = {
  $batch: Type.Object({
    node: nodeId,
    epoch: whole(1),
    first: whole(1),
    count: whole(1),
    drop: Type.Optional(Type.Boolean()),
  }),
  $beat: Type.Object({
    node: nodeId,
    epoch: whole(1),
    upMs: whole(0),
    connections: whole(0),
    fingerprint: Type.String({ maxLength: 64 }),
    leaving: Type.Optional(Type.Boolean()),
    topics: Type.Array(Type.String({ maxLength: 255 })),
    last: Type.Array(whole(0)),
    members: Type.Array(whole(0)),
    subscriptions: Type.Array(whole(0)),
    asks: Type.Optional(Type.Array(whole(0))),
  }),
  $begin: Type.Object({
    node: nodeId,
    epoch: whole(1),
    topics: Type.Array(Type.String({ maxLength: 255 })),
    subscriptions: Type.Array(whole(1)),
    after: Type.Array(whole(0)),
  }),
};

/** The frames behind it in the same bus message are `count` messages of one topic, numbered from `first`. */
export interface Batch {
  readonly type: "$batch";
  readonly node: string;
  /** Numbers of a node begin anew with each. */
  readonly epoch: number;
  readonly first: number;
  readonly count: number;
  /** Whether those who do not keep up need not have them. */
  readonly drop?: boolean;
}

/** A server lives. The lists but `asks` are as long as each other; the topic "" is the broadcasts. */
export interface Beat {
  readonly type: "$beat";
  readonly node: string;
  readonly epoch: number;
  /** Since the epoch began; 0 only before anything was published in it. */
  readonly upMs: number;
  readonly connections: number;
  readonly fingerprint: string;
  readonly leaving?: boolean;
  readonly topics: readonly string[];
  /** The number of the last message that was published to each, 0 for none. */
  readonly last: readonly number[];
  /** How many connections of the server hear each. */
  readonly members: readonly number[];
  /** By which subscription of the server's, each of which has a number of its own; 0 for none. */
  readonly subscriptions: readonly number[];
  /** Places in `topics`: of these the server may not know with which number they begin for it. */
  readonly asks?: readonly number[];
}

/** An answer to one server that asks: it hears all that follows the number `after`. Lists of equal length. */
export interface Begin {
  readonly type: "$begin";
  readonly node: string;
  readonly epoch: number;
  readonly topics: readonly string[];
  readonly subscriptions: readonly number[];
  readonly after: readonly number[];
}

export type BusMessage = Batch | Beat | Begin;

// Read and written by one server at a time, so they can be shared.
const codec: ControlCodec<BusMessage> = controlCodec(schemas);

/** A message of the bus: one control frame, then `frames`. */
export function encodeBusMessage(
  message: BusMessage,
  frames: readonly Uint8Array[],
  framesBytes: number,
): Uint8Array {
  const writer = new ByteWriter();
  codec.encodeInto(message, writer);
  const bytes = new Uint8Array(writer.length + framesBytes);
  bytes.set(writer.bytes.subarray(0, writer.length));
  let position = writer.length;
  for (const frame of frames) {
    bytes.set(frame, position);
    position += frame.length;
  }
  return bytes;
}

/**
 * The control frame at the beginning of a message of the bus, and where it ends.
 *
 * @throws TypewireError where there is none, or it is not one of ours.
 */
export function decodeBusMessage(bytes: Uint8Array): {
  readonly message: BusMessage;
  readonly end: number;
} {
  const end = HEADER_BYTES + decodeHeader(bytes, 0);
  if (end > bytes.length) throw new RangeError("The frame is longer than the message");
  return { message: codec.decode(bytes, HEADER_BYTES, end), end };
}
