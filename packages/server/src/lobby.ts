// Connections whose peers have not shown yet that they belong: in the TLS handshake, or with the secret or a
// required hello outstanding. They have a quarter of a server's places. Beyond it they may take sockets that
// are spare for a moment, so that one that belongs has the time to show it while others come; then, or when
// no spare socket is left, the oldest makes room. Knows neither sockets nor messages.

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
  readonly #enteredAtMs = new Map<Peer, number>();
  #cancel: Cancel = () => {};

  constructor(options: LobbyOptions<Peer>) {
    this.#options = options;
  }

  get size(): number {
    return this.#enteredAtMs.size;
  }

  enter(peer: Peer): void {
    this.#enteredAtMs.set(peer, this.#options.clock.now());
    this.settle();
  }

  /** The peer has shown that it belongs, or is gone. Returns whether it was here. */
  leave(peer: Peer): boolean {
    const wasHere = this.#enteredAtMs.delete(peer);
    if (wasHere) this.settle();
    return wasHere;
  }

  /** Places were taken or given back elsewhere: cuts as many of the oldest as have to go now. */
  settle(): void {
    this.#cancel();
    const { clock, excess, spare, cut } = this.#options;
    const nowMs = clock.now();
    for (const [peer, enteredAtMs] of this.#enteredAtMs) {
      const count = excess();
      if (count <= 0) return;
      const leftMs = enteredAtMs + PRESSED_DEADLINE_MS - nowMs;
      if (leftMs > 0 && count <= spare()) {
        this.#cancel = clock.after(leftMs, () => this.settle());
        return;
      }
      this.#enteredAtMs.delete(peer);
      cut(peer);
    }
  }
}
