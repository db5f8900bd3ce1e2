// What follows from a mistake of the peer's, or a failure of this side to read what it said: it is only
// counted, the peer is told, or the connection ends in order. How many are forgiven is for `Refusals` to say;
// what is a mistake at all is the receiver's.

import {
  type AnyMessage,
  type Call,
  isFatal,
  type PeerError,
  type Result,
  type Role,
  TypewireError,
} from "@typewire/protocol";

import {
  type CloseReason,
  failed,
  failedInternally,
  type Offence,
  type OwnControlMessage,
  peerReported,
  toPeerError,
} from "../close-reason.ts";
import type { ReceivedOfCalls } from "../calls/calls.ts";
import type { Connection } from "../connection.ts";
import type { Handshake } from "../handshake/handshake.ts";
import type { ConnectionLimits } from "../limits.ts";
import type { Observers } from "../observers.ts";
import type { Clock } from "../time/clock.ts";
import { Refusals } from "./refusals.ts";

/** The connection as it answers for the peer's mistakes. */
export interface MistakesOwner {
  /** The peer has said something valid. Returns whether the connection still listens. */
  heard(): boolean;
  /** A control message for the peer. */
  answer(message: OwnControlMessage): void;
  /** The end in order begins, after `lastMessage` to the peer. Nothing more is received. */
  closeWith(reason: CloseReason, lastMessage?: OwnControlMessage): void;
}

/** The endpoint as it sees the mistakes of its connections' peers. */
export interface MistakesEndpoint<Outgoing extends AnyMessage, Incoming extends AnyMessage> {
  readonly role: Role;
  readonly limits: ConnectionLimits;
  readonly clock: Clock;
  readonly observers: Observers<Outgoing, Incoming>;
}

/** The mistakes of one peer. The receiver makes this at the first of them, so that an idle connection is smaller. */
export class Mistakes<Outgoing extends AnyMessage, Incoming extends AnyMessage> {
  readonly #endpoint: MistakesEndpoint<Outgoing, Incoming>;
  readonly #handshake: Handshake;
  readonly #owner: MistakesOwner & Connection<Outgoing>;
  readonly #refusals: Refusals;
  /** See `ConnectionStats.messagesRefusedByPeer`: which of the two ends is mistaken is not known. Here, because an idle connection has none. */
  refusedByPeer = 0;

  constructor(
    endpoint: MistakesEndpoint<Outgoing, Incoming>,
    handshake: Handshake,
    owner: MistakesOwner & Connection<Outgoing>,
  ) {
    this.#endpoint = endpoint;
    this.#handshake = handshake;
    this.#owner = owner;
    this.#refusals = new Refusals(endpoint.limits, endpoint.clock);
  }

  /** See `ConnectionStats.messagesRefused`. */
  get refused(): number {
    return this.#refusals.refused;
  }

  /** See `ConnectionStats.messagesUnknown`. */
  get unknown(): number {
    return this.#refusals.unknown;
  }

  /** Counts a call, or the result of one: this side serves none and makes none. The call is answered. */
  passOver(message: ReceivedOfCalls): void {
    this.#refusals.meet(message.type);
    if (message.type === "$call" && this.#owner.heard()) this.#owner.answer(unknownCall(message));
  }

  /** Frame number `frame` is no message of this direction, or its bytes are none at all: `error` says which. */
  unreadable(error: unknown, frame: number): void {
    const judged = this.#handshake.judgeUnreadable(error);
    const of = error instanceof TypewireError ? error.of : undefined;
    if (judged instanceof TypewireError && judged.code === "unknown-type") {
      this.#tellUnknown(judged, of ?? "", frame);
    } else {
      this.refuse(judged, { of, frame });
    }
  }

  /**
   * Forgives an error of the peer's and tells it, or ends the connection; one that is no `TypewireError` is a
   * failure of this side. `offence`: which of the peer's messages it is about.
   */
  refuse(error: unknown, offence?: Offence): void {
    const { role, observers } = this.#endpoint;
    const owner = this.#owner;
    if (!(error instanceof TypewireError)) {
      const { reason, lastMessage } = failedInternally(role, "read a message", error);
      owner.closeWith(reason, lastMessage);
      return;
    }
    const verdict = isFatal(error.code)
      ? error
      : this.#refusals.refuse(error, this.#handshake.hasOtherSchemas);
    if (verdict instanceof TypewireError) {
      owner.closeWith(failed(verdict), toPeerError(verdict, offence));
      return;
    }
    observers.onRefused?.(owner, error);
    if (verdict === "answer") owner.answer(toPeerError(error, offence));
  }

  /** A newer peer says what this side cannot know: it is told once of each name, and never loses the connection. */
  #tellUnknown(error: TypewireError, name: string, frame: number): void {
    if (!this.#refusals.meet(name)) return;
    this.#endpoint.observers.onRefused?.(this.#owner, error);
    this.#owner.answer(toPeerError(error, { frame }));
  }
}

function unknownCall({ id }: Call): Result {
  return {
    type: "$result",
    id,
    error: { code: "unknown-call", message: "This side serves no call of this name" },
  };
}

/** Whether an `$error` says that the peer has refused a message of the program's, and goes on. */
export function refusesMessage(error: PeerError): boolean {
  return peerReported(error) === undefined && error.of?.startsWith("$") !== true;
}

/** Whether a control message of a later version could not be read. */
export function isUnknownControl(error: unknown): boolean {
  if (!(error instanceof TypewireError) || error.code !== "unknown-type") return false;
  return error.of?.startsWith("$") === true;
}
