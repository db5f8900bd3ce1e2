// An end that waits: for handlers under way, and where this side answers calls, for those and for the peer, which
// has been told to make its next ones elsewhere. Whether there is work left is the connection's to know.

import type { Bye } from "@typewire/protocol";

import type { CloseReason } from "./close-reason.ts";
import type { Cancel, Clock } from "./time/clock.ts";

/** Made by a close that has to wait, so that a connection that lives is no larger for it. */
export class AwaitedEnd {
  readonly bye: Bye;
  readonly reason: CloseReason;
  /** How long the peer has to end by itself, once its calls have; 0 where it was not asked to. */
  readonly #graceMs: number;
  readonly #clock: Clock;
  #state: "waiting" | "grace" | "due";
  #cancel: Cancel = () => {};

  constructor(bye: Bye, reason: CloseReason, graceMs: number, clock: Clock) {
    this.bye = bye;
    this.reason = reason;
    this.#graceMs = graceMs;
    this.#clock = clock;
    this.#state = graceMs === 0 ? "due" : "waiting";
  }

  /** Whether nothing but handlers of messages keeps the connection from its end. */
  get isDue(): boolean {
    return this.#state === "due";
  }

  /** The peer's calls have ended: it may end by itself now, and where it does not, `then` is called. */
  callsEnded(then: () => void): void {
    if (this.#state !== "waiting") return;
    this.#state = "grace";
    this.#cancel = this.#clock.after(this.#graceMs, () => {
      this.#state = "due";
      then();
    });
  }

  /** The end has come. */
  over(): void {
    this.#cancel();
  }
}
