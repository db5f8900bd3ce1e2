// The receiving half of a connection: frames in, valid messages out to the owner, one call each, without
// a copy or an allocation of its own. Answers for the peer's mistakes: what is forgiven, what ends the
// connection, and what the peer is told. Control messages stop here. Leaves the pace to the inflow, the
// first messages to the handshake, handlers and states to the owner.

import {
  type AnyMessage,
  type Call,
  type Codec,
  type ControlMessage,
  isControlMessage,
  isFatal,
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
  peerEndedItsHalf,
  peerReported,
  peerSaidBye,
  toPeerError,
} from "../close-reason.ts";
import type { Handshake } from "../handshake/handshake.ts";
import type { ConnectionLimits } from "../limits.ts";
import type { Connection } from "../connection.ts";
import type { Observers } from "../observers.ts";
import { oneLine } from "../text.ts";
import type { Clock } from "../time/clock.ts";
import { Deadlines } from "./deadlines.ts";
import type { Inflow, InflowConsumer } from "./inflow.ts";
import { Refusals } from "./refusals.ts";

/** The connection as its receiver sees it. */
export interface ReceiverOwner<Incoming> {
  /** The peer has said something valid. Returns whether the connection still listens. */
  heard(): boolean;
  /** A message for its handler. */
  handle(message: Incoming): void;
  /** A control message for the peer. */
  answer(message: OwnControlMessage): void;
  /** The handshake has taken a step: it may be over, and its frame limit another. Returns whether the connection still listens. */
  handshakeAdvanced(): boolean;
  /** The end in order begins, after `lastMessage` to the peer. Nothing more is received. */
  closeWith(reason: CloseReason, lastMessage?: OwnControlMessage): void;
  /** The end, at once: a silent peer hears no last message. */
  destroyWith(reason: CloseReason): void;
  /** The peer is silent: time to ask whether it is alive. */
  ping(): void;
}

/** The endpoint as its receivers see it. */
export interface ReceiverEndpoint<Outgoing extends AnyMessage, Incoming extends AnyMessage> {
  readonly role: Role;
  readonly incoming: Codec<Incoming>;
  readonly limits: ConnectionLimits;
  readonly clock: Clock;
  readonly observers: Observers<Outgoing, Incoming>;
}

/** Reads one stream of frames. */
export class Receiver<
  Outgoing extends AnyMessage,
  Incoming extends AnyMessage,
> implements InflowConsumer {
  readonly #endpoint: ReceiverEndpoint<Outgoing, Incoming>;
  readonly #handshake: Handshake;
  readonly #owner: ReceiverOwner<Incoming> & Connection<Outgoing>;
  readonly #deadlines: Deadlines;
  /** Frames that came, whatever was in them. */
  #frames = 0;
  /** Of those, the ones that may stand before the peer's `$hello`. */
  #framesAside = 0;
  #messagesReceived = 0;
  /** Made at the first. */
  #refusals: Refusals | undefined;

  constructor(
    endpoint: ReceiverEndpoint<Outgoing, Incoming>,
    handshake: Handshake,
    owner: ReceiverOwner<Incoming> & Connection<Outgoing>,
  ) {
    this.#endpoint = endpoint;
    this.#handshake = handshake;
    this.#owner = owner;
    this.#deadlines = new Deadlines(endpoint.limits);
  }

  /** Valid messages of the peer's, control messages not counted. */
  get messagesReceived(): number {
    return this.#messagesReceived;
  }

  /** See `ConnectionStats`. */
  get messagesRefused(): number {
    return this.#refusals?.refused ?? 0;
  }

  /** See `ConnectionStats`. */
  get messagesUnknown(): number {
    return this.#refusals?.unknown ?? 0;
  }

  /** Looks at the deadlines of what `inflow` reads; `nowMs` is the sweep's time. */
  check(nowMs: number, inflow: Inflow): void {
    const handshake = this.#handshake;
    // A peer that has not proved the secret takes a `$ping` for a mistake.
    const asked = handshake.isAuthenticating ? undefined : handshake.peerHello;
    const verdict =
      handshake.check(nowMs, inflow.isBehind) ??
      this.#deadlines.check(nowMs, inflow, asked, this.#frames);
    if (verdict === undefined) return;
    if (verdict === "ping") this.#owner.ping();
    else if (verdict.code === "heartbeat-lost") this.#owner.destroyWith(failed(verdict));
    else if (verdict.code === "frame-timeout") this.#refuse(verdict, { frame: this.#frames + 1 });
    else this.#refuse(verdict);
  }

  peerEnded(): void {
    this.#owner.closeWith(peerEndedItsHalf);
  }

  readingFailed(error: unknown): void {
    // The position in the stream is lost, so no error is forgiven here.
    const isForgivable = error instanceof TypewireError && !isFatal(error.code);
    this.#refuse(isForgivable ? new Error(error.message) : error, { frame: this.#frames + 1 });
  }

  receiveFrame(bytes: Uint8Array, start: number, end: number): void {
    this.#frames += 1;
    const { incoming, limits, observers } = this.#endpoint;
    let message: Incoming | ControlMessage;
    try {
      message = incoming.decodeIncoming(bytes, start, end, limits);
    } catch (error) {
      this.#receiveUnreadable(error);
      return;
    }
    if (isControlMessage(message)) {
      this.#receiveControl(message, bytes.subarray(start, end));
    } else if (!this.#handshake.isOver) {
      this.#refuse(this.#handshake.expected(`"${oneLine(message.type)}"`), this.#offence(message));
    } else if (this.#owner.heard()) {
      this.#messagesReceived += 1;
      observers.onReceived?.(this.#owner, message, bytes, start, end);
      this.#owner.handle(message);
    }
  }

  /** A frame that is no message of this direction, or whose bytes are none at all. */
  #receiveUnreadable(error: unknown): void {
    const judged = this.#handshake.judgeUnreadable(error);
    if (judged instanceof TypewireError && judged.code === "unknown-type") {
      this.#receiveUnknown(judged);
    } else {
      this.#refuse(judged, { of: ofOf(error), frame: this.#frames });
    }
  }

  /** The message that came last, as an error names it. */
  #offence({ type }: AnyMessage): Offence {
    return { of: type, frame: this.#frames };
  }

  /** A newer peer says what this side cannot know: it is told once of each name, and never loses the connection. */
  #receiveUnknown(error: TypewireError): void {
    const name = error.of ?? "";
    if (name.startsWith("$")) this.#framesAside += 1;
    if (!this.#refusal().meet(name)) return;
    this.#endpoint.observers.onRefused?.(this.#owner, error);
    this.#owner.answer(toPeerError(error, { frame: this.#frames }));
  }

  #receiveControl(message: ControlMessage, payload: Uint8Array): void {
    const { observers } = this.#endpoint;
    if (message.type === "$error") {
      this.#framesAside += 1;
      observers.onPeerError?.(this.#owner, message);
    }
    if (!this.#passesHandshake(message, payload)) return;
    switch (message.type) {
      case "$hello":
      case "$proof":
        if (this.#handshake.isOver) this.#owner.heard();
        return;
      case "$ping":
        if (this.#owner.heard()) this.#owner.answer({ ...message, type: "$pong" });
        return;
      case "$pong":
        this.#owner.heard();
        return;
      case "$call":
        this.#refusal().meet(message.type);
        if (this.#owner.heard()) this.#owner.answer(unknownCall(message));
        return;
      case "$result":
        this.#refusal().meet(message.type);
        return;
      case "$bye":
        this.#owner.closeWith(peerSaidBye(message));
        return;
      case "$error": {
        const reason = peerReported(message);
        if (reason !== undefined) this.#owner.closeWith(reason);
      }
    }
  }

  /** Does what the handshake says. Returns whether the message is still to be dealt with. */
  #passesHandshake(message: ControlMessage, payload: Uint8Array): boolean {
    const handshake = this.#handshake;
    const before = handshake.peerHello;
    const step = handshake.take(message, payload, this.#frames - this.#framesAside === 1);
    const { peerHello } = handshake;
    if (peerHello !== undefined && peerHello !== before) {
      this.#endpoint.observers.onHello?.(this.#owner, peerHello);
    }
    if (step.next === "refuse") this.#refuse(step.error, this.#offence(message));
    else if (step.next === "end") this.#owner.closeWith(step.reason);
    if (step.next === "refuse" || step.next === "end") return false;
    const isStep = message.type === "$hello" || message.type === "$proof";
    // Where there is no place for a peer that has just proved itself, its proof is not answered.
    if (isStep && !this.#owner.handshakeAdvanced()) return false;
    if (step.next === "say") this.#owner.answer(step.message);
    return true;
  }

  /** Answers for an error of the peer's: forgives it, or ends the connection. `offence`: of which of its messages. */
  #refuse(error: unknown, offence?: Offence): void {
    if (!(error instanceof TypewireError)) {
      const { reason, lastMessage } = failedInternally(
        this.#endpoint.role,
        "read a message",
        error,
      );
      this.#owner.closeWith(reason, lastMessage);
      return;
    }
    const verdict = isFatal(error.code)
      ? error
      : this.#refusal().refuse(error, this.#handshake.hasOtherSchemas);
    if (verdict instanceof TypewireError) {
      this.#owner.closeWith(failed(verdict), toPeerError(verdict, offence));
      return;
    }
    this.#endpoint.observers.onRefused?.(this.#owner, error);
    if (verdict === "answer") this.#owner.answer(toPeerError(error, offence));
  }

  #refusal(): Refusals {
    this.#refusals ??= new Refusals(this.#endpoint.limits, this.#endpoint.clock);
    return this.#refusals;
  }
}

/** The type of the message that an error is about, where it was read. */
function ofOf(error: unknown): string | undefined {
  return error instanceof TypewireError ? error.of : undefined;
}

/** The answer to a call: this version serves none. */
function unknownCall({ id }: Call): Result {
  return {
    type: "$result",
    id,
    error: { code: "unknown-call", message: "This side serves no call of this name" },
  };
}
