// A connection as its calls see it: puts their frames into the connection's queue, and knows how far it has left.
// Made with the calls, so that a connection without any does not have it.

import { type Drain, HEADER_BYTES } from "@typewire/protocol";

import {
  type CloseReason,
  type OwnControlMessage,
  peerTakesTooLittle,
  toLastError,
} from "../close-reason.ts";
import type { MemoryBudget } from "../memory-budget.ts";
import type { OutputQueue } from "../sending/output-queue.ts";
import { isTooLarge } from "../sending/too-large.ts";
import type { CallFrame, CallLink } from "./call-link.ts";

/** What a link asks of its connection. `Self` is its face, which handlers get. */
export interface LinkedConnection<Self> {
  readonly self: Self;
  /** What `authenticate` made of the connection. */
  readonly context: () => unknown;
  readonly queue: OutputQueue;
  readonly memory: Pick<MemoryBudget, "add" | "relieve">;
  /** Whether anything may be sent now. */
  readonly maySend: () => boolean;
  /** Queues one message of the call `name`, without asking for a flush; throws what the codec throws. */
  readonly append: (message: CallFrame, name: string) => void;
  /** What was appended is to be written, and the peer to work on it meanwhile. */
  readonly commit: () => void;
  readonly handlerFailed: (self: Self, handlerName: string, error: unknown) => void;
  readonly closeWith: (reason: CloseReason, lastMessage: OwnControlMessage) => void;
  /** A call that this side answers has its result, or has ended without one. */
  readonly callSettled: () => void;
  /** No call is under way any more, after a drain; `drain` is the peer's. */
  readonly callsEnded: (drain: Drain | undefined) => void;
}

/** The link of one connection. */
export class ConnectionLink<Self> implements CallLink<Self> {
  readonly #of: LinkedConnection<Self>;

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
    const { maySend, queue, commit, callSettled } = this.#of;
    if (!maySend()) return 0;
    const before = queue.queuedBytes;
    if (!this.#append(message, name)) return 0;
    const payloadBytes = queue.queuedBytes - before - HEADER_BYTES;
    if (!queue.isCorked) commit();
    if (message.type === "$result") callSettled();
    return payloadBytes;
  }

  cork(): void {
    this.#of.queue.isCorked = true;
  }

  uncork(): void {
    const { queue, maySend, commit } = this.#of;
    queue.isCorked = false;
    if (maySend()) commit();
  }

  handlerFailed(call: string, error: unknown): void {
    this.#of.handlerFailed(this.#of.self, call, error);
  }

  handlerStuck(call: string, forMs: number): void {
    const error = new Error(`It goes on for ${forMs} ms after its call has ended`);
    this.#of.handlerFailed(this.#of.self, call, error);
  }

  holds(memoryBytes: number): void {
    const { memory } = this.#of;
    if (memory.add(memoryBytes)) memory.relieve();
  }

  end(code: "internal" | "too-many-errors", message: string): void {
    this.#of.closeWith({ code, message, origin: "local" }, { type: "$error", code, message });
  }

  callsEnded(drain?: Drain): void {
    this.#of.callsEnded(drain);
  }

  /**
   * Whether `message` is queued: for a peer that takes no more, in no words. Where that does not fit either, and its
   * size is not a program's doing, the connection is ended, since both ends could not count its calls alike.
   */
  #append(message: CallFrame, name: string): boolean {
    const { append } = this.#of;
    try {
      append(message, name);
      return true;
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      const inFewWords = withoutWords(message);
      if (inFewWords !== undefined) return this.#append(inFewWords, name);
      if (carriesValue(message)) throw error;
      const reason = peerTakesTooLittle(error);
      this.#of.closeWith(reason, toLastError(reason));
      return false;
    }
  }
}

/** Whether the size of a message is the program's doing. */
function carriesValue(message: CallFrame): boolean {
  if (message.type === "$result") return message.error === undefined || "data" in message.error;
  return message.type === "$call" || message.type === "$item";
}

/** A failure without its sentence and path, a `$drain` without its reason; undefined where there is nothing to leave out. */
function withoutWords(message: CallFrame): CallFrame | undefined {
  if (message.type === "$drain" && message.reason !== undefined) {
    const { reason: _, ...drain } = message;
    return drain;
  }
  if (message.type !== "$result" || message.error === undefined) return undefined;
  const { message: words, path, ...error } = message.error;
  if (words === "" && path === undefined) return undefined;
  return { ...message, error: { ...error, message: "" } };
}
