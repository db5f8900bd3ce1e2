// The receiving half of a connection: chunks in, valid messages out to the owner, one call each, without
// a copy or an allocation of its own. Answers for the peer's mistakes: what is forgiven, what ends the
// connection, and what the peer is told. Control messages stop here. Leaves handlers and states to the
// owner. The chunk is the caller's again when `push` returns.

import {
  type AnyMessage,
  type ControlMessage,
  FrameReader,
  type Hello,
  isControlMessage,
  isFatal,
  TypewireError,
} from "@typewire/protocol";

import {
  type CloseReason,
  failed,
  failedInternally,
  peerEndedItsHalf,
  peerReported,
  peerSaidBye,
} from "./close-reason.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Observer } from "./observer.ts";
import { toPeerError } from "./peer-error.ts";
import { RefusalBudget } from "./refusal-budget.ts";

/** The names of what a receiver tells its connection: symbols, so that it is nobody else's to call. */
export const heard = Symbol("heard");
export const handle = Symbol("handle");
export const answer = Symbol("answer");
export const leave = Symbol("leave");

/** The connection as its receiver sees it. */
export interface ReceiverOwner<Incoming> {
  /** The peer has said something valid. Returns whether the connection still listens. */
  [heard](): boolean;
  /** A message for its handler. */
  [handle](message: Incoming): void;
  /** Something to say to the peer. */
  [answer](message: ControlMessage): void;
  /** The end begins here, after saying `farewell`. The owner stops the receiver. */
  [leave](reason: CloseReason, farewell?: ControlMessage): void;
}

type Surroundings<Incoming extends AnyMessage> = Pick<
  Endpoint<AnyMessage, Incoming>,
  "role" | "hello" | "incoming" | "limits" | "clock"
>;

/** Reads one stream of bytes. */
export class Receiver<Incoming extends AnyMessage> {
  readonly #surroundings: Surroundings<Incoming>;
  readonly #observer: Observer<never, Incoming> | undefined;
  readonly #owner: ReceiverOwner<Incoming>;
  readonly #reader: FrameReader;
  #hasHeardPeer = false;
  #peer: Hello | undefined;
  #refusals: RefusalBudget | undefined;

  constructor(
    surroundings: Surroundings<Incoming>,
    observer: Observer<never, Incoming> | undefined,
    owner: ReceiverOwner<Incoming>,
  ) {
    this.#surroundings = surroundings;
    this.#observer = observer;
    this.#owner = owner;
    this.#reader = new FrameReader({ maxFrameBytes: surroundings.limits.maxFrameBytes });
  }

  /** What the peer said in `$hello`, if it did. */
  get peer(): Hello | undefined {
    return this.#peer;
  }

  /** Takes the next bytes of the stream. Never throws. */
  push(chunk: Uint8Array): void {
    try {
      this.#reader.push(chunk, this.#receiveFrame);
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** The stream has ended. */
  end(): void {
    try {
      this.#reader.end();
    } catch (error) {
      this.#refuse(error);
      return;
    }
    this.#owner[leave](peerEndedItsHalf);
  }

  /** Hands out nothing more, also not of the chunk under way, and forgets the frame under way. */
  stop(): void {
    this.#reader.stop();
  }

  readonly #receiveFrame = (bytes: Uint8Array, start: number, end: number): void => {
    const isFirst = !this.#hasHeardPeer;
    this.#hasHeardPeer = true;
    const { incoming, limits } = this.#surroundings;
    let message: Incoming | ControlMessage;
    try {
      message = incoming.decodeIncoming(bytes, start, end, limits);
    } catch (error) {
      this.#refuse(error);
      return;
    }
    if (isControlMessage(message)) {
      this.#receiveControl(message, isFirst);
    } else if (this.#owner[heard]()) {
      this.#observer?.received?.(message, bytes, start, end);
      this.#owner[handle](message);
    }
  };

  #receiveControl(message: ControlMessage, isFirst: boolean): void {
    switch (message.type) {
      case "$hello":
        this.#receiveHello(message, isFirst);
        return;
      case "$ping":
        if (this.#owner[heard]()) this.#owner[answer]({ ...message, type: "$pong" });
        return;
      case "$pong":
        this.#owner[heard]();
        return;
      case "$bye":
        this.#owner[leave](peerSaidBye(message));
        return;
      case "$error": {
        this.#observer?.peerError?.(message);
        const reason = peerReported(message);
        if (reason !== undefined) this.#owner[leave](reason);
      }
    }
  }

  #receiveHello(hello: Hello, isFirst: boolean): void {
    const { hello: own } = this.#surroundings;
    if (!isFirst) {
      const message = "Cannot take $hello: expected once, before any other message";
      this.#refuse(new TypewireError("schema-mismatch", message));
    } else if (hello.protocol !== own.protocol || hello.version !== own.version) {
      const message = `Cannot talk: this side speaks ${own.protocol} ${own.version}, the peer ${hello.protocol} ${hello.version}`;
      this.#refuse(new TypewireError("protocol-mismatch", message));
    } else {
      this.#peer = hello;
      this.#observer?.hello?.(hello);
      this.#owner[heard]();
    }
  }

  /** Answers for an error of the peer's: forgives it, or ends the connection. */
  #refuse(error: unknown): void {
    if (!(error instanceof TypewireError)) {
      const { reason, farewell } = failedInternally(
        this.#surroundings.role,
        "read a message",
        error,
      );
      this.#owner[leave](reason, farewell);
      return;
    }
    const fatal = isFatal(error.code) ? error : this.#budget().spend(error);
    if (fatal !== undefined) {
      this.#owner[leave](failed(fatal), toPeerError(fatal));
      return;
    }
    this.#observer?.refused?.(error);
    this.#owner[answer](toPeerError(error));
  }

  #budget(): RefusalBudget {
    this.#refusals ??= new RefusalBudget(this.#surroundings.limits, this.#surroundings.clock);
    return this.#refusals;
  }
}
