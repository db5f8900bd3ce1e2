// The receiving half of a connection: frames in, valid messages out to the owner, one call each, without
// a copy or an allocation of its own. Control messages stop here. Leaves the pace to the inflow, the first
// messages to the handshake, the peer's mistakes to `Mistakes`, handlers and states to the owner.

import {
  type AnyMessage,
  CallMisfit,
  type Codec,
  type ControlMessage,
  type GapTold,
  isControlMessage,
  isFatal,
  type OpenCalls,
  TypewireError,
} from "@typewire/protocol";

import type { Calls, ReceivedOfCalls } from "../calls/calls.ts";
import {
  type CloseReason,
  failed,
  type Offence,
  peerEndedItsHalf,
  peerReported,
  peerSaidBye,
} from "../close-reason.ts";
import type { Connection } from "../connection.ts";
import { followStep, type StepOwner } from "../handshake/follow-step.ts";
import type { Handshake } from "../handshake/handshake.ts";
import type { ConnectionStats } from "../stats.ts";
import { oneLine } from "../text.ts";
import { Deadlines } from "./deadlines.ts";
import type { Inflow, InflowConsumer } from "./inflow.ts";
import {
  isUnknownControl,
  Mistakes,
  type MistakesEndpoint,
  type MistakesOwner,
  refusesMessage,
} from "./mistakes.ts";

/** The calls of a connection, as its receiver sees them. */
type CallsOfConnection = Pick<Calls, "receive" | "misfit" | "answers">;

/** On a connection that has had no call. */
const noneOpen: OpenCalls = () => undefined;

/** The connection as its receiver sees it. */
export interface ReceiverOwner<Incoming> extends MistakesOwner, StepOwner {
  /** A message for its handler. */
  handle(message: Incoming): void;
  /** The calls of this connection; undefined where the protocol has none. Made when it is read, so for a call alone. */
  readonly calls: CallsOfConnection | undefined;
  /** The name of an open call, by its id; undefined where there has been no call. */
  readonly openCalls: OpenCalls | undefined;
  /** The end, at once: a silent peer hears no last message. */
  destroyWith(reason: CloseReason): void;
  /** The peer is silent: time to ask whether it is alive. */
  ping(): void;
}

/** The endpoint as its receivers see it. */
export interface ReceiverEndpoint<
  Outgoing extends AnyMessage,
  Incoming extends AnyMessage,
> extends MistakesEndpoint<Outgoing, Incoming> {
  readonly incoming: Codec<Incoming>;
  /** Whether clients have to authenticate. */
  readonly hasAuth: boolean;
  /** Undefined where the protocol has no calls. */
  readonly calls: object | undefined;
  readonly owner: { readonly gap?: TellGap<Outgoing> };
}

/** Told of a hole in what a peer passes on. */
export type TellGap<Outgoing extends AnyMessage> = (
  connection: Connection<Outgoing>,
  gap: GapTold,
) => void;

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

  /** What has come so far. */
  get stats(): Pick<
    ConnectionStats,
    "messagesReceived" | "messagesRefused" | "messagesUnknown" | "messagesRefusedByPeer"
  > {
    return {
      messagesReceived: this.#messagesReceived,
      messagesRefused: this.#mistakes?.refused ?? 0,
      messagesUnknown: this.#mistakes?.unknown ?? 0,
      messagesRefusedByPeer: this.#mistakes?.refusedByPeer ?? 0,
    };
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
    let message: Incoming | ControlMessage;
    try {
      message = incoming.decodeIncoming(bytes, start, end, limits, this.#openCalls);
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
      case "$call":
      case "$item":
      case "$end":
      case "$credit":
      case "$cancel":
      case "$result":
      case "$drain":
      case "$late":
        this.#toCalls(message, end - start);
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
      }
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

  /** Undefined where no message that comes is one of a call's. */
  get #openCalls(): OpenCalls | undefined {
    const { hasAuth, calls } = this.#endpoint;
    if (!hasAuth && calls === undefined) return undefined;
    return this.#handshake.openCalls ?? this.#owner.openCalls ?? (calls && noneOpen);
  }

  /** A message of a call, or one that does not fit its call, whose payload takes so many bytes. */
  #toCalls(message: ReceivedOfCalls | CallMisfit, payloadBytes: number): void {
    const { calls } = this.#owner;
    const isMisfit = message instanceof CallMisfit;
    // A call where this side answers none is no mistake of the peer's.
    if (calls === undefined || (!isMisfit && message.type === "$call" && !calls.answers)) {
      if (!isMisfit) this.#madeMistakes.passOver(message);
      return;
    }
    if (!this.#owner.heard()) return;
    try {
      if (isMisfit) calls.misfit(message);
      else calls.receive(message, payloadBytes);
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

function isOfHandshake({ type }: ControlMessage): boolean {
  return type === "$hello" || type === "$proof";
}
