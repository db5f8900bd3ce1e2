// An end that waits: for handlers under way, and where this side answers calls, for those and for the peer, which
// has been told to make its next ones elsewhere, or whose first message is not read yet. Whether there is work left
// is the connection's to know.

import type { Bye } from "@typewire/protocol";

import type { CloseReason } from "./close-reason.ts";
import type { Cancel, Clock } from "./time/clock.ts";

/** Made by a close that has to wait, so that a connection that lives is no larger for it. */
export class AwaitedEnd {
  readonly bye: Bye;
  readonly reason: CloseReason;
  readonly #clock: Clock;
  /**
   * - `silence`: for the peer's first message, which says whether it knows calls.
   * - `calls`: for the calls of a peer that was told to make no further ones.
   * - `grace`: for that peer to end by itself.
   * - `due`: for handlers of messages alone.
   */
  #waitsFor: "silence" | "calls" | "grace" | "due" = "due";
  /** How long the peer has for its first message, or to end by itself once its calls have. */
  #graceMs = 0;
  #firstHeard: (() => void) | undefined;
  #cancel: Cancel = () => {};

  constructor(bye: Bye, reason: CloseReason, clock: Clock) {
    this.bye = bye;
    this.reason = reason;
    this.#clock = clock;
  }

  /** Whether nothing but handlers of messages keeps the connection from its end. */
  get isDue(): boolean {
    return this.#waitsFor === "due";
  }

  /**
   * The peer has said nothing yet: with its first message `heard` is called, before the message has any effect; where
   * none comes within `graceMs`, `then`.
   */
  awaitFirst(graceMs: number, heard: () => void, then: () => void): void {
    this.#waitsFor = "silence";
    this.#firstHeard = heard;
    this.#dueAfter(graceMs, then);
  }

  /** A message of the peer's has come. */
  peerSpoke(): void {
    const heard = this.#firstHeard;
    this.#firstHeard = undefined;
    if (this.#waitsFor === "silence") heard?.();
  }

  /** The peer is told to make no further calls. After its last it has `graceMs` to end by itself. */
  awaitCalls(graceMs: number): void {
    this.#cancel();
    this.#waitsFor = "calls";
    this.#graceMs = graceMs;
  }

  /** The peer's calls have ended: it may end by itself now, and where it does not, `then` is called. */
  callsEnded(then: () => void): void {
    if (this.#waitsFor !== "calls") return;
    this.#waitsFor = "grace";
    this.#dueAfter(this.#graceMs, then);
  }

  /** The peer has no calls to wait for. */
  awaitHandlers(): void {
    this.#cancel();
    this.#waitsFor = "due";
  }

  /** The end has come. */
  over(): void {
    this.#cancel();
  }

  #dueAfter(graceMs: number, then: () => void): void {
    this.#cancel = this.#clock.after(graceMs, () => {
      this.#waitsFor = "due";
      then();
    });
  }
}
