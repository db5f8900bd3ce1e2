// What the two ends of an authentication do about it: the client shows, the server lets in. What is shown, and
// what a verdict says, is `authentication.ts`'s; whose turn it is the handshake's.

import type { Call, CallMessage, Result } from "@typewire/protocol";
import { AUTHENTICATE } from "@typewire/protocol/internal";

import {
  type CloseReason,
  failed,
  failedInternally,
  type OwnControlMessage,
  peerTakesTooLittle,
} from "./close-reason.ts";
import type { ConnectionState } from "./connection.ts";
import { HOLD, type Inflow } from "./receiving/inflow.ts";
import {
  type Authenticate,
  callOf,
  type Credentials,
  judge,
  notShown,
} from "./handshake/authentication.ts";
import type { Handshake } from "./handshake/handshake.ts";
import { isTooLarge } from "./sending/too-large.ts";

/** The connection as its entrance sees it. */
export interface EntranceOwner {
  readonly state: ConnectionState;
  closeWith(reason: CloseReason, lastMessage?: OwnControlMessage): void;
  /** The handshake has taken a step. Returns whether the connection still listens. */
  handshakeAdvanced(): boolean;
  /** The peer has said something valid. Returns whether the connection still listens. */
  heard(): boolean;
}

/** A connection, and what of it an authentication moves. */
export interface EntranceParts<Self> {
  readonly self: Self & EntranceOwner;
  readonly endpoint: {
    readonly authenticate: Authenticate<Self> | undefined;
    readonly credentials: Credentials | undefined;
    readonly sweep: { now(): number };
  };
  readonly handshake: Handshake;
  readonly inflow: Inflow;
  readonly sender: { sendOfCall(message: CallMessage, callName: string): void };
}

/** Judges what a client shows; nothing more of it is handed out until it has been. Never rejects. */
export async function letIn<Self>(parts: EntranceParts<Self>, call: Call): Promise<void> {
  const { self, endpoint, handshake, inflow } = parts;
  inflow.hold(HOLD.judging);
  const judgement = await judge(endpoint.authenticate, call, self);
  if (isEnding(self)) return;
  const { result } = judgement;
  if ("failure" in judgement) {
    if (tells(parts, result)) self.closeWith(failed(judgement.failure), judgement.error);
    return;
  }
  handshake.admit(endpoint.sweep.now(), judgement.expiresInMs);
  // Where there is no place for a client that may stay, it is not told that it may.
  if (!self.handshakeAdvanced()) return;
  if (tells(parts, result) && self.heard()) inflow.release(HOLD.judging);
}

/** Whether the client is told what became of it. The connection of one that accepts too little for that ends. */
function tells<Self>({ self, sender }: EntranceParts<Self>, result: Result): boolean {
  try {
    sender.sendOfCall(result, AUTHENTICATE);
    return true;
  } catch (error) {
    if (isTooLarge(error)) self.closeWith(peerTakesTooLittle(error));
    else self.closeWith(failedInternally("server", "answer a client", error).reason);
    return false;
  }
}

/** Shows the server what this client has. Never rejects. */
export async function show<Self>({ self, endpoint, sender }: EntranceParts<Self>): Promise<void> {
  const call = await callOf(endpoint.credentials);
  if (isEnding(self)) return;
  if ("origin" in call) {
    self.closeWith(call);
    return;
  }
  try {
    sender.sendOfCall(call, AUTHENTICATE);
  } catch (error) {
    self.closeWith(notShown(error));
  }
}

function isEnding({ state }: EntranceOwner): boolean {
  return state === "draining" || state === "closed";
}
