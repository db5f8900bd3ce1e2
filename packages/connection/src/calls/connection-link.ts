// A connection as its calls see it: puts their frames into the connection's queue, and knows how far it has left.
// Made with the calls, so that a connection without any does not have it.

import { HEADER_BYTES } from "@typewire/protocol";

import type { CloseReason, OwnControlMessage } from "../close-reason.ts";
import type { OutputQueue } from "../sending/output-queue.ts";
import type { CallFrame, CallLink } from "./call-link.ts";

/** What a link asks of its connection. `Self` is its face, which handlers get. */
export interface LinkedConnection<Self> {
  readonly self: Self;
  /** What `authenticate` made of the connection. */
  readonly context: () => unknown;
  readonly queue: OutputQueue;
  /** Whether anything may be sent now. */
  readonly maySend: () => boolean;
  /** Queues one message of the call `name`, without asking for a flush; throws what the codec throws. */
  readonly append: (message: CallFrame, name: string) => void;
  /** What was appended is to be written. */
  readonly commit: () => void;
  readonly handlerFailed: (self: Self, handlerName: string, error: unknown) => void;
  readonly closeWith: (reason: CloseReason, lastMessage: OwnControlMessage) => void;
  /** A call that this side answers has its result, or has ended without one. */
  readonly callSettled: () => void;
  /** No call is under way any more, after a drain; `retryAfterMs` is what the peer's said. */
  readonly callsEnded: (retryAfterMs: number | undefined) => void;
}

export class ConnectionLink<Self> implements CallLink<Self> {
  readonly #of: LinkedConnection<Self>;
  #isCorked = false;

  constructor(of: LinkedConnection<Self>) {
    this.#of = of;
  }

  get connection(): Self {
    return this.#of.self;
  }

  get context(): unknown {
    return this.#of.context();
  }

  get queuedBytes(): number {
    return this.#of.queue.queuedBytes;
  }

  get queuedTo(): number {
    const { queuedBytes, sentBytes } = this.#of.queue;
    return sentBytes + queuedBytes;
  }

  get leftTo(): number {
    return this.#of.queue.sentBytes;
  }

  send(message: CallFrame, name: string): number {
    const { maySend, queue, append, commit, callSettled } = this.#of;
    if (!maySend()) return 0;
    const before = queue.queuedBytes;
    append(message, name);
    const payloadBytes = queue.queuedBytes - before - HEADER_BYTES;
    if (!this.#isCorked) commit();
    if (message.type === "$result") callSettled();
    return payloadBytes;
  }

  cork(): void {
    this.#isCorked = true;
  }

  uncork(): void {
    this.#isCorked = false;
    if (this.#of.maySend()) this.#of.commit();
  }

  handlerFailed(call: string, error: unknown): void {
    this.#of.handlerFailed(this.#of.self, call, error);
  }

  handlerStuck(call: string, forMs: number): void {
    const error = new Error(`It goes on for ${forMs} ms after its call has ended`);
    this.#of.handlerFailed(this.#of.self, call, error);
  }

  end(code: "internal" | "too-many-errors", message: string): void {
    this.#of.closeWith({ code, message, origin: "local" }, { type: "$error", code, message });
  }

  callsEnded(retryAfterMs?: number): void {
    this.#of.callsEnded(retryAfterMs);
  }
}
