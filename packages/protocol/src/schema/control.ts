// The control messages: what the two ends say to each other beside the user's messages. Their types
// start with `$`, which user messages cannot. docs/wire.md says when each is sent.

import { type Static, Type } from "@sinclair/typebox";

import { MAX_ANNOUNCED_BYTES } from "../frame/header.ts";

const milliseconds = Type.Integer({ minimum: 0 });

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
  $call: Type.Object({ call: Type.String(), id: Type.Integer() }),
  $result: Type.Object({
    id: Type.Integer(),
    error: Type.Optional(Type.Object({ code: Type.String(), message: Type.String() })),
  }),
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

/** Asks for an answer. No protocol has calls yet: each is answered with an error. */
export type Call = { type: "$call" } & Static<ControlSchemas["$call"]>;
/** Answers a call, with the same `id`. */
export type Result = { type: "$result" } & Static<ControlSchemas["$result"]>;

export type ControlMessage = Hello | Proof | Ping | Pong | PeerError | Bye | Call | Result;

/** Whether a decoded message is a control message. */
export function isControlMessage(message: { readonly type: string }): message is ControlMessage {
  return message.type.charCodeAt(0) === 0x24;
}
