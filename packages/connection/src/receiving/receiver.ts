// The receiving half of a connection: frames in, valid messages out to the owner, one call each, without
// a copy or an allocation of its own. Control messages stop here. Leaves the pace to the inflow, the first
// messages to the handshake, the peer's mistakes to `Mistakes`, handlers and states to the owner.

import {
  type AnyMessage,
  CallMisfit,
  type ControlMessage,
  isControlMessage,
  isFatal,
  TypewireError,
} from "@typewire/protocol";

import type { ReceivedOfCalls } from "../calls/calls.ts";
import {
  failed,
  type Offence,
  peerEndedItsHalf,
  peerReported,
  peerSaidBye,
} from "../close-reason.ts";
import type { Connection } from "../connection.ts";
import { followStep, isOfHandshake } from "../handshake/follow-step.ts";
import type { Handshake } from "../handshake/handshake.ts";
import type { StatsSum } from "../stats.ts";
import { oneLine } from "../text.ts";
import { Deadlines } from "./deadlines.ts";
import type { Inflow, InflowConsumer } from "./inflow.ts";
import { isUnknownControl, Mistakes, refusesMessage } from "./mistakes.ts";
import { openCallsOf, passToCalls } from "./pass-to-calls.ts";
import type { ReceiverEndpoint, ReceiverOwner } from "./receiver-owner.ts";

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
  #mistakes: Mistakes<Outgoing, Incoming> | undefined;

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

  /** Adds what has come so far. */
  addStatsTo(sum: StatsSum): void {
    sum.messagesReceived += this.#messagesReceived;
    if (this.#mistakes === undefined) return;
    sum.messagesRefused += this.#mistakes.refused;
    sum.messagesUnknown += this.#mistakes.unknown;
    sum.messagesRefusedByPeer += this.#mistakes.refusedByPeer;
  }

  /** Whether nothing came but what may stand before the peer's `$hello`. */
  get hasHeardNothing(): boolean {
    return this.#frames === this.#framesAside;
  }

  /** Looks at the deadlines of what `inflow` reads; `nowMs` is the sweep's time. */
  check(nowMs: number, inflow: Inflow): void {
    const verdict = this.#deadlines.check(nowMs, inflow, this.#handshake, this.#frames);
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
    const openCalls = openCallsOf(this.#endpoint, this.#handshake, this.#owner);
    let message: Incoming | ControlMessage;
    try {
      message = incoming.decodeIncoming(bytes, start, end, limits, openCalls);
    } catch (error) {
      if (error instanceof CallMisfit && this.#handshake.isOver) {
        this.#toCalls(error, end - start);
        return;
      }
      if (isUnknownControl(error)) this.#framesAside += 1;
      this.#madeMistakes.unreadable(error, this.#frames);
      return;
    }
    if (isControlMessage(message)) {
      this.#receiveControl(message, bytes, start, end);
    } else if (!this.#handshake.isOver) {
      this.#refuse(this.#handshake.expected(`"${oneLine(message.type)}"`), this.#offence(message));
    } else if (this.#owner.heard()) {
      this.#messagesReceived += 1;
      observers.onReceived?.(this.#owner, message, bytes, start, end);
      this.#owner.handle(message);
    }
  }

  /** The message that came last, as an error names it. */
  #offence({ type }: AnyMessage): Offence {
    return { of: type, frame: this.#frames };
  }

  #receiveControl(message: ControlMessage, bytes: Uint8Array, start: number, end: number): void {
    const { observers } = this.#endpoint;
    if (message.type === "$error") {
      this.#framesAside += 1;
      if (refusesMessage(message)) this.#madeMistakes.refusedByPeer += 1;
      observers.onPeerError?.(this.#owner, message);
    }
    if (!this.#handshake.isOver || isOfHandshake(message)) {
      if (!this.#passesHandshake(message, bytes.subarray(start, end))) return;
    }
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
      case "$gap":
        if (this.#owner.heard()) this.#endpoint.owner.gap?.(this.#owner, message);
        return;
      case "$bye":
        this.#owner.closeWith(peerSaidBye(message));
        return;
      case "$error": {
        const reason = peerReported(message);
        if (reason !== undefined) this.#owner.closeWith(reason);
        return;
      }
      default:
        this.#toCalls(message, end - start);
    }
  }

  /** Returns whether the message is still to be dealt with. */
  #passesHandshake(message: ControlMessage, payload: Uint8Array): boolean {
    const handshake = this.#handshake;
    const before = handshake.peerHello;
    const step = handshake.take(message, payload, this.#frames - this.#framesAside === 1);
    const { peerHello } = handshake;
    if (peerHello !== undefined && peerHello !== before) {
      this.#endpoint.observers.onHello?.(this.#owner, peerHello);
    }
    return followStep(step, isOfHandshake(message), this.#owner, (error) =>
      this.#refuse(error, this.#offence(message)),
    );
  }

  /** A message of a call, or one that does not fit its call, whose payload takes so many bytes. */
  #toCalls(message: ReceivedOfCalls | CallMisfit, payloadBytes: number): void {
    try {
      const isPassed = passToCalls(this.#owner, message, payloadBytes);
      if (!isPassed && !(message instanceof CallMisfit)) this.#madeMistakes.passOver(message);
    } catch (error) {
      this.#refuse(error, { frame: this.#frames });
    }
  }

  #refuse(error: unknown, offence?: Offence): void {
    this.#madeMistakes.refuse(error, offence);
  }

  get #madeMistakes(): Mistakes<Outgoing, Incoming> {
    this.#mistakes ??= new Mistakes(this.#endpoint, this.#handshake, this.#owner);
    return this.#mistakes;
  }
}
