// Does what a step of the handshake says: the handshake itself touches nothing. Whose message it was, and how a
// mistake is answered, is the receiver's.

import type { Call, ControlMessage } from "@typewire/protocol";

import type { CloseReason, OwnControlMessage } from "../close-reason.ts";
import type { Step } from "./handshake.ts";

/** The connection as its handshake moves it on. */
export interface StepOwner {
  /** The peer has said something valid. Returns whether the connection still listens. */
  heard(): boolean;
  /** A control message for the peer. */
  answer(message: OwnControlMessage): void;
  /** The handshake has taken a step: it may be over, and its frame limit another. Returns whether the connection still listens. */
  handshakeAdvanced(): boolean;
  /** This client has to show what the protocol asks for. */
  show(): void;
  /** What a client shows has to be judged; nothing more of it is taken until it has been. */
  judge(call: Call): void;
  /** The end in order begins, after `lastMessage` to the peer. Nothing more is received. */
  closeWith(reason: CloseReason, lastMessage?: OwnControlMessage): void;
}

/**
 * Follows `step`; `isAdvance` says that the message was one of the handshake's own. Returns whether the message is
 * still to be dealt with.
 */
export function followStep(
  step: Step,
  isAdvance: boolean,
  owner: StepOwner,
  refuse: (error: unknown) => void,
): boolean {
  switch (step.next) {
    case "refuse":
      refuse(step.error);
      return false;
    case "end":
      owner.closeWith(step.reason);
      return false;
    case "judge":
      owner.judge(step.call);
      return false;
    case "enter":
      if (owner.handshakeAdvanced()) owner.heard();
      return false;
    default:
  }
  // Where there is no place for a peer that has just proved itself, its proof is not answered.
  if (isAdvance && !owner.handshakeAdvanced()) return false;
  if (step.next === "say") owner.answer(step.message);
  else if (step.next === "show") owner.show();
  return true;
}

/** Whether a control message belongs to the handshake, also when that is over. */
export function isOfHandshake({ type }: ControlMessage): boolean {
  return type === "$hello" || type === "$proof";
}
