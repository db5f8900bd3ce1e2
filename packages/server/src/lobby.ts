// Connections whose peers have not shown yet that they belong: in the TLS handshake, or with the secret or a
// required hello outstanding. They have a quarter of a server's places. Beyond it they may take sockets that
// are spare for a moment, so that one that belongs has the time to show it while others come; then, or when
// no spare socket is left, the oldest makes room; of those that the server is judging the newest.
// Knows neither sockets nor messages.

import type { Cancel, Clock } from "@typewire/connection";

/** Where strangers hold more than their places, each has this long, instead of its deadlines. */
export const PRESSED_DEADLINE_MS = 1000;

/** What the lobby asks of its door. */
export interface LobbyOptions<Peer> {
  readonly clock: Clock;
  /** How many of those in the lobby have to go, by the places that are taken now. */
  readonly excess: () => number;
  /** How many more may stay for a moment. */
  readonly spare: () => number;
  /** Ends a connection at once. */
  readonly cut: (peer: Peer) => void;
}

/** Connections that are not proven yet, the oldest first. One for each server. */
export class Lobby<Peer> {
  readonly #options: LobbyOptions<Peer>;
  /** Of these the server awaits something. */
  readonly #enteredAtMs = new Map<Peer, number>();
  /** These await a verdict of the server's, since when. */
  readonly #judgedSinceMs = new Map<Peer, number>();
  #cancel: Cancel = () => {};

  constructor(options: LobbyOptions<Peer>) {
    this.#options = options;
  }

  get size(): number {
    return this.#enteredAtMs.size + this.#judgedSinceMs.size;
  }

  enter(peer: Peer): void {
    this.#enteredAtMs.set(peer, this.#options.clock.now());
    this.settle();
  }

  /**
   * The peer has said what it has to say, and the server takes its time to judge it. From now on it makes room for
   * none that comes later, so that of many clients at once some get in, however slow the server is.
   */
  judging(peer: Peer): void {
    if (!this.#enteredAtMs.delete(peer)) return;
    this.#judgedSinceMs.set(peer, this.#options.clock.now());
    this.settle();
  }

  /** The peer has shown that it belongs, or is gone. Returns whether it was here. */
  leave(peer: Peer): boolean {
    const wasHere = this.#enteredAtMs.delete(peer) || this.#judgedSinceMs.delete(peer);
    if (wasHere) this.settle();
    return wasHere;
  }

  /** Places were taken or given back elsewhere: cuts as many as have to go now. */
  settle(): void {
    this.#cancel();
    const leftMs = Math.min(this.#cutOf(this.#enteredAtMs), this.#cutOf(this.#judgedBeyond()));
    if (leftMs < Infinity) {
      this.#cancel = this.#options.clock.after(leftMs, () => this.settle());
    }
  }

  /** Of those that are judged the last: as many as would have to go also if all others went. */
  #judgedBeyond(): readonly (readonly [Peer, number])[] {
    const count = this.#options.excess() - this.#enteredAtMs.size;
    return count <= 0 ? [] : [...this.#judgedSinceMs].slice(-count);
  }

  /** Cuts as many of `peers` as have to go now, the first of them first. Returns after how many ms the next has to. */
  #cutOf(peers: Iterable<readonly [Peer, number]>): number {
    const { clock, excess, spare, cut } = this.#options;
    const nowMs = clock.now();
    for (const [peer, sinceMs] of peers) {
      const count = excess();
      if (count <= 0) break;
      const leftMs = sinceMs + PRESSED_DEADLINE_MS - nowMs;
      if (leftMs > 0 && count <= spare()) return leftMs;
      this.#enteredAtMs.delete(peer);
      this.#judgedSinceMs.delete(peer);
      cut(peer);
    }
    return Infinity;
  }
}
