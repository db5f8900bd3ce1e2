// The control messages: what the two ends say to each other beside the user's messages. Their types
// start with `$`, which user messages cannot. docs/wire.md says when each is sent.

import { type Static, Type } from "@sinclair/typebox";

import { MAX_ANNOUNCED_BYTES } from "../frame/header.ts";

export const milliseconds = Type.Integer({ minimum: 0 });
const count = Type.Integer({ minimum: 0 });
/** Beyond 2^53 − 1 two ids could be the same number. */
export const callId = Type.Integer({
  minimum: Number.MIN_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
});

/** Why a call has no output, where that has no data. */
export const callFailure = Type.Object({
  code: Type.String(),
  message: Type.String(),
  path: Type.Optional(Type.String()),
  retryAfterMs: Type.Optional(milliseconds),
});

/** Schemas of the control messages by `type`, without the `type` itself. */
export const controlSchemas = {
  $hello: Type.Object({
    protocol: Type.String(),
    version: Type.Integer(),
    fingerprint: Type.Optional(Type.String()),
    maxFrameBytes: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_ANNOUNCED_BYTES })),
    maxItems: Type.Optional(Type.Integer({ minimum: 1 })),
    maxNesting: Type.Optional(Type.Integer({ minimum: 1 })),
    heartbeatIntervalMs: Type.Optional(milliseconds),
    maxCalls: Type.Optional(count),
    maxStreams: Type.Optional(count),
    features: Type.Optional(Type.Array(Type.String())),
    nonce: Type.Optional(Type.Uint8Array()),
  }),
  $proof: Type.Object({ mac: Type.Uint8Array() }),
  $ping: Type.Object({ id: Type.Optional(Type.Integer()) }),
  $pong: Type.Object({ id: Type.Optional(Type.Integer()) }),
  $error: Type.Object({
    code: Type.String(),
    message: Type.String(),
    path: Type.Optional(Type.String()),
    of: Type.Optional(Type.String()),
    frame: Type.Optional(Type.Integer({ minimum: 1 })),
  }),
  $bye: Type.Object({
    reason: Type.String(),
    retryAfterMs: Type.Optional(milliseconds),
    final: Type.Optional(Type.Boolean()),
  }),
  $gap: Type.Object({
    topic: Type.Optional(Type.String()),
    from: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    missed: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
    why: Type.String(),
  }),
  $call: Type.Object({ call: Type.String(), id: Type.Integer() }),
  $result: Type.Object({ id: Type.Integer(), error: Type.Optional(callFailure) }),
} as const;

/** Schemas of what is said of a call beside its values, by its sender; only where a protocol has calls. */
export const callControlSchemas = {
  either: {
    $credit: Type.Object({ id: callId, bytes: Type.Integer({ minimum: 1 }) }),
    $drain: Type.Object({
      reason: Type.Optional(Type.String()),
      retryAfterMs: Type.Optional(milliseconds),
      final: Type.Optional(Type.Boolean()),
    }),
  },
  caller: { $end: Type.Object({ id: callId }), $cancel: Type.Object({ id: callId }) },
} as const;

type ControlSchemas = typeof controlSchemas;

/** The sender's protocol and what it accepts; the first message of each end. */
export type Hello = { type: "$hello" } & Static<ControlSchemas["$hello"]>;
/** Shows that the sender has the shared secret, for the two hellos of this connection only. */
export type Proof = { type: "$proof" } & Static<ControlSchemas["$proof"]>;
/** Asks whether the peer is alive. */
export type Ping = { type: "$ping" } & Static<ControlSchemas["$ping"]>;
/** Answers a ping, with the same `id`. */
export type Pong = { type: "$pong" } & Static<ControlSchemas["$pong"]>;
/** Tells the peer what was wrong with what it sent, or why the connection ends. */
export type PeerError = { type: "$error" } & Static<ControlSchemas["$error"]>;
/** An orderly end, and when to come back, or that coming back is of no use. */
export type Bye = { type: "$bye" } & Static<ControlSchemas["$bye"]>;
/** Messages to this receiver were lost on their way to the sender: a gap that is told. Only where it asked for it. */
export type GapTold = { type: "$gap" } & Static<ControlSchemas["$gap"]>;

/** Opens the call named `call`, with an id that this side has not used on this connection. */
export interface Call {
  type: "$call";
  call: string;
  id: number;
  /** What is left of the call's time. */
  timeoutMs?: number;
  input?: unknown;
}
/** One value of a call's stream. */
export interface Item {
  type: "$item";
  id: number;
  item: unknown;
}
/** The caller sends no further items. */
export interface End {
  type: "$end";
  id: number;
}
/** The receiver of items takes so many payload bytes more. */
export interface Credit {
  type: "$credit";
  id: number;
  bytes: number;
}
/** The caller waits no longer. */
export interface Cancel {
  type: "$cancel";
  id: number;
}
/** Why a call has no output. */
export interface CallFailure {
  code: string;
  message: string;
  /** By the schema of the declared error called `code`; without one there is none. */
  data?: unknown;
  /** JSON Pointer into the message that did not fit. */
  path?: string;
  retryAfterMs?: number;
}
/** Ends a call, with the same `id`: the last that the callee says of it. */
export interface Result {
  type: "$result";
  id: number;
  output?: unknown;
  error?: CallFailure;
}
/** The sender takes no further calls on this connection; the rest is what its `$bye` will say. */
export interface Drain {
  type: "$drain";
  reason?: string;
  retryAfterMs?: number;
  final?: boolean;
}

/** A `$item` or `$result` of a call that is not open: its bytes were scanned, what they say was not read. Never sent. */
export interface Late {
  type: "$late";
  id: number;
  of: "$item" | "$result";
}

export type ControlMessage =
  | Hello
  | Proof
  | Ping
  | Pong
  | PeerError
  | Bye
  | GapTold
  | Call
  | Item
  | End
  | Credit
  | Cancel
  | Result
  | Drain
  | Late;

/** The messages that carry the values of a call; their schema depends on the call. */
export type CallMessage = Call | Item | Result;

/** Whether a decoded message is a control message. */
export function isControlMessage(message: { readonly type: string }): message is ControlMessage {
  return message.type.charCodeAt(0) === 0x24;
}
