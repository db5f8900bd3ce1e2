// An end in order that waits: for handlers under way, and where this side answers calls, for those and for the peer,
// which is told to make its next ones elsewhere, or whose first message is not read yet. What is under way, and the
// end itself, are the connection's.

import type { ConnectionLimits } from "./limits.ts";
import type { Cancel, Clock } from "./time/clock.ts";

/** The connection as its end waits for it. */
export interface AwaitedEndOwner {
  /** Whether the peer knows calls, and this side answers them. A peer that knows none is told of none, and not waited for. */
  answersPeer(): boolean;
  /** Whether calls may be on their way behind the peer's first message, which says whether it knows them. */
  mayHearCalls(): boolean;
  /** Whether a handler of messages or of calls is under way. */
  hasWork(): boolean;
  /** The peer is to make no further calls, and those under way are asked to end `withinMs`. */
  drainCalls(withinMs: number): void;
  /** Nothing more that comes is handed to handlers. */
  handNothingMore(): void;
  /** The end. */
  close(): void;
}

/** Made by a close that has to wait, so that a connection that lives is no larger for it. */
export class AwaitedEnd {
  readonly #owner: AwaitedEndOwner;
  readonly #clock: Clock;
  /** When calls under way are asked to end. */
  readonly #halfTimeAtMs: number;
  /** How long the peer has for its first message, or to end by itself once its calls have. */
  readonly #graceMs: number;
  /**
   * - `silence`: for the peer's first message, which says whether it knows calls.
   * - `effect`: for what that message comes to, if it does not say so.
   * - `calls`: for the calls of a peer that was told to make no further ones.
   * - `grace`: for that peer to end by itself.
   * - `handlers`: for handlers alone.
   * - `nothing`: the end has come.
   */
  #waitsFor: "silence" | "effect" | "calls" | "grace" | "handlers" | "nothing" = "handlers";
  #cancel: Cancel = () => {};

  constructor(
    { clock, limits }: { readonly clock: Clock; readonly limits: ConnectionLimits },
    halfTimeMs: number,
    owner: AwaitedEndOwner,
  ) {
    this.#owner = owner;
    this.#clock = clock;
    this.#halfTimeAtMs = clock.now() + halfTimeMs;
    this.#graceMs = Math.max(1, Math.min(limits.lingerMs, halfTimeMs));
  }

  /** Waits from now on, or closes at once where nothing is under way and the peer may not call. */
  begin(): void {
    if (this.#owner.answersPeer()) this.#awaitCalls();
    else if (this.#owner.mayHearCalls()) this.#awaitWithin("silence");
    else this.#awaitHandlers();
  }

  /** A message of the peer's has come, and has had no effect yet. */
  peerSpoke(): void {
    if (this.#waitsFor !== "silence") return;
    this.#cancel();
    if (this.#owner.answersPeer()) {
      this.#awaitCalls();
      return;
    }
    // A peer that says no hello may call: what it has said is taken first.
    this.#waitsFor = "effect";
    queueMicrotask(() => {
      if (this.#waitsFor === "nothing") return;
      if (this.#owner.answersPeer()) this.#awaitCalls();
      else this.#awaitHandlers();
    });
  }

  /** The peer's calls have ended: it may end by itself now, for a while. */
  callsEnded(): void {
    if (this.#waitsFor === "calls") this.#awaitWithin("grace");
  }

  /** A handler has settled. */
  closeIfDue(): void {
    if (this.#waitsFor === "handlers" && !this.#owner.hasWork()) this.close();
  }

  /** Waits no longer. */
  close(): void {
    this.#owner.close();
  }

  /** The end has come. */
  over(): void {
    this.#cancel();
    this.#waitsFor = "nothing";
  }

  #awaitCalls(): void {
    this.#waitsFor = "calls";
    // What callers still say of their calls has to be read.
    this.#owner.drainCalls(Math.max(1, this.#halfTimeAtMs - this.#clock.now()));
  }

  #awaitHandlers(): void {
    this.#waitsFor = "handlers";
    this.#owner.handNothingMore();
    this.closeIfDue();
  }

  #awaitWithin(peers: "silence" | "grace"): void {
    this.#waitsFor = peers;
    this.#cancel = this.#clock.after(this.#graceMs, () => this.#awaitHandlers());
  }
}
