// The receiving half of a connection: frames in, valid messages out to the owner, one call each, without
// a copy or an allocation of its own. Answers for the peer's mistakes: what is forgiven, what ends the
// connection, and what the peer is told. Control messages stop here. Leaves the pace to its inflow,
// handlers and states to the owner.

import {
  type AnyMessage,
  type Codec,
  type ControlMessage,
  type Hello,
  isControlMessage,
  isFatal,
  type Role,
  TypewireError,
} from "@typewire/protocol";

import {
  type CloseReason,
  failed,
  failedInternally,
  peerCannotAuthenticate,
  peerEndedItsHalf,
  peerReported,
  peerSaidBye,
} from "../close-reason.ts";
import type { ConnectionLimits } from "../limits.ts";
import type { Observer } from "../observer.ts";
import { toPeerError } from "../peer-error.ts";
import { oneLine } from "../text.ts";
import type { Clock } from "../time/clock.ts";
import {
  type Authentication,
  expectedFirst,
  MAX_UNPROVEN_FRAME_BYTES,
  noSecretHere,
} from "./authentication.ts";
import { Deadlines } from "./deadlines.ts";
import type { Inflow, InflowConsumer } from "./inflow.ts";
import { RefusalBudget } from "./refusal-budget.ts";

/** The connection as its receiver sees it. */
export interface ReceiverOwner<Incoming> {
  /** The peer has said something valid. Returns whether the connection still listens. */
  heard(): boolean;
  /** A message for its handler. */
  handle(message: Incoming): void;
  /** A control message for the peer. */
  answer(message: ControlMessage): void;
  /** Payload bytes to accept from the next header on. */
  limitFrames(maxFrameBytes: number): void;
  /** The end in order begins, after `lastMessage` to the peer. Nothing more is received. */
  closeWith(reason: CloseReason, lastMessage?: ControlMessage): void;
  /** The end, at once: a silent peer hears no last message. */
  destroyWith(reason: CloseReason): void;
  /** The peer is silent: time to ask whether it is alive. */
  ping(): void;
}

/** The endpoint as its receivers see it. */
export interface ReceiverEndpoint<Incoming extends AnyMessage> {
  readonly role: Role;
  readonly hello: Hello;
  readonly incoming: Codec<Incoming>;
  readonly limits: ConnectionLimits;
  readonly clock: Clock;
}

/** Reads one stream of frames. */
export class Receiver<Incoming extends AnyMessage> implements InflowConsumer {
  readonly #endpoint: ReceiverEndpoint<Incoming>;
  readonly #observer: Observer<never, Incoming> | undefined;
  readonly #owner: ReceiverOwner<Incoming>;
  readonly #deadlines: Deadlines;
  #hasHeardPeer = false;
  #awaitsHello: boolean;
  #messagesReceived = 0;
  #peerHello: Hello | undefined;
  #refusals: RefusalBudget | undefined;
  /** Until the peer has proved the secret, where there is one. */
  #authentication: Authentication | undefined;

  constructor(
    endpoint: ReceiverEndpoint<Incoming>,
    observer: Observer<never, Incoming> | undefined,
    owner: ReceiverOwner<Incoming>,
    authentication?: Authentication,
  ) {
    this.#endpoint = endpoint;
    this.#observer = observer;
    this.#owner = owner;
    this.#authentication = authentication;
    const { limits } = endpoint;
    this.#awaitsHello = limits.requireHello;
    this.#deadlines = new Deadlines(limits);
  }

  /** Payload bytes accepted of a peer that has said nothing yet. */
  get firstFrameBytes(): number {
    const { limits } = this.#endpoint;
    return Math.min(
      limits.maxFrameBytes,
      limits.requireHello ? limits.preHelloFrameBytes : Infinity,
      this.isAuthenticating ? MAX_UNPROVEN_FRAME_BYTES : Infinity,
    );
  }

  /** Whether the peer still has to prove the secret: until then nothing else of it counts. */
  get isAuthenticating(): boolean {
    return this.#authentication !== undefined;
  }

  /** What the peer said in `$hello`, if it did. */
  get peerHello(): Hello | undefined {
    return this.#peerHello;
  }

  /** Valid messages of the peer's, control messages not counted. */
  get messagesReceived(): number {
    return this.#messagesReceived;
  }

  /** The socket is open; `nowMs` is the sweep's time. */
  opened(nowMs: number): void {
    this.#deadlines.begin(nowMs);
  }

  /** Looks at the deadlines of what `inflow` reads; `nowMs` is the sweep's time. */
  check(nowMs: number, inflow: Inflow): void {
    const verdict = this.#deadlines.check(nowMs, inflow, this.#peerHello, this.isAuthenticating);
    if (verdict === undefined) return;
    if (verdict === "ping") this.#owner.ping();
    else if (verdict.code === "heartbeat-lost") this.#owner.destroyWith(failed(verdict));
    else this.#refuse(verdict);
  }

  peerEnded(): void {
    this.#owner.closeWith(peerEndedItsHalf);
  }

  readingFailed(error: unknown): void {
    // The position in the stream is lost, whatever the error says of itself.
    const isForgivable = error instanceof TypewireError && !isFatal(error.code);
    this.#refuse(isForgivable ? new Error(error.message) : error);
  }

  receiveFrame(bytes: Uint8Array, start: number, end: number): void {
    const isFirst = !this.#hasHeardPeer;
    this.#hasHeardPeer = true;
    const { incoming, limits } = this.#endpoint;
    let message: Incoming | ControlMessage;
    try {
      message = incoming.decodeIncoming(bytes, start, end, limits);
    } catch (error) {
      this.#refuseUnreadable(error);
      return;
    }
    if (this.#authentication !== undefined) {
      this.#authenticate(
        this.#authentication,
        message,
        isFirst,
        Uint8Array.from(bytes.subarray(start, end)),
      );
    } else if (this.#awaitsHello && !mayStandForHello(message)) {
      this.#refuse(helloRequired(`"${oneLine(message.type)}"`));
    } else if (isControlMessage(message)) {
      this.#receiveControl(message, isFirst);
    } else if (this.#owner.heard()) {
      this.#messagesReceived += 1;
      this.#observer?.received?.(message, bytes, start, end);
      this.#owner.handle(message);
    }
  }

  #receiveControl(message: ControlMessage, isFirst: boolean): void {
    switch (message.type) {
      case "$hello":
        if (this.#takeHello(message, isFirst)) this.#owner.heard();
        return;
      case "$proof":
        this.#refuse(
          new TypewireError("schema-mismatch", "Cannot take $proof: nobody asked for it"),
        );
        return;
      case "$ping":
        if (this.#owner.heard()) this.#owner.answer({ ...message, type: "$pong" });
        return;
      case "$pong":
        this.#owner.heard();
        return;
      case "$bye":
        this.#owner.closeWith(peerSaidBye(message));
        return;
      case "$error": {
        this.#observer?.peerError?.(message);
        const reason = peerReported(message);
        if (reason !== undefined) this.#owner.closeWith(reason);
      }
    }
  }

  /** What a peer says before it has proved the secret: hello and proof, or why it leaves. The rest ends it. */
  #authenticate(
    authentication: Authentication,
    message: Incoming | ControlMessage,
    isFirst: boolean,
    payload: Uint8Array,
  ): void {
    const said: ControlMessage | undefined = isControlMessage(message) ? message : undefined;
    try {
      switch (said?.type) {
        case "$hello": {
          if (!isFirst) throw expectedFirst("$proof", "a second $hello");
          if (!this.#takeHello(said, isFirst)) return;
          const proof = authentication.hear(said, payload);
          if (proof !== undefined) this.#owner.answer(proof);
          return;
        }
        case "$proof": {
          const proof = authentication.check(said);
          if (proof !== undefined) this.#owner.answer(proof);
          this.#authenticated();
          return;
        }
        case "$bye":
          this.#owner.closeWith(peerSaidBye(said));
          return;
        case "$error":
          this.#observer?.peerError?.(said);
          this.#owner.closeWith(peerReported(said) ?? peerCannotAuthenticate(said));
          return;
        case "$ping":
        case "$pong":
        case undefined:
          throw expectedFirst(isFirst ? "$hello" : "$proof", `"${oneLine(message.type)}"`);
      }
    } catch (error) {
      this.#refuse(error);
    }
  }

  #authenticated(): void {
    this.#authentication = undefined;
    this.#owner.limitFrames(this.#endpoint.limits.maxFrameBytes);
    this.#owner.heard();
  }

  /** Takes the peer's introduction, or refuses it. */
  #takeHello(hello: Hello, isFirst: boolean): boolean {
    const { hello: own, role, limits } = this.#endpoint;
    if (!isFirst) {
      const message = "Cannot take $hello: expected once, before any other message";
      this.#refuse(new TypewireError("schema-mismatch", message));
    } else if (hello.protocol !== own.protocol || hello.version !== own.version) {
      const message = `Cannot talk: this side speaks ${own.protocol} ${own.version}, the peer ${hello.protocol} ${hello.version}`;
      this.#refuse(new TypewireError("protocol-mismatch", message));
    } else if (hello.nonce !== undefined && this.#authentication === undefined) {
      this.#refuse(noSecretHere(role));
    } else {
      this.#peerHello = hello;
      this.#awaitsHello = false;
      if (this.#authentication === undefined) this.#owner.limitFrames(limits.maxFrameBytes);
      this.#observer?.hello?.(hello);
      return true;
    }
    return false;
  }

  /** Answers for a payload that is no message of this protocol. A stranger's is not forgiven. */
  #refuseUnreadable(error: unknown): void {
    if (!(error instanceof TypewireError) || isFatal(error.code)) {
      this.#refuse(error);
    } else if (this.#authentication !== undefined) {
      this.#refuse(new TypewireError("auth-required", `Cannot authenticate: ${error.message}`));
    } else if (this.#awaitsHello) {
      this.#refuse(helloRequired(`a message that cannot be read (${error.message})`));
    } else {
      this.#refuse(error);
    }
  }

  /** Answers for an error of the peer's: forgives it, or ends the connection. */
  #refuse(error: unknown): void {
    if (!(error instanceof TypewireError)) {
      const { reason, lastMessage } = failedInternally(
        this.#endpoint.role,
        "read a message",
        error,
      );
      this.#owner.closeWith(reason, lastMessage);
      return;
    }
    const fatal = isFatal(error.code) ? error : this.#budget().spend(error);
    if (fatal !== undefined) {
      this.#owner.closeWith(failed(fatal), toPeerError(fatal));
      return;
    }
    this.#observer?.refused?.(error);
    this.#owner.answer(toPeerError(error));
  }

  #budget(): RefusalBudget {
    this.#refusals ??= new RefusalBudget(this.#endpoint.limits, this.#endpoint.clock);
    return this.#refusals;
  }
}

/** Where hello is required: what a peer may say instead, because it only leaves. */
function mayStandForHello({ type }: AnyMessage): boolean {
  return type === "$hello" || type === "$error" || type === "$bye";
}

function helloRequired(got: string): TypewireError {
  return new TypewireError("hello-required", `Cannot talk: expected $hello first, got ${got}`);
}
