// Two connections joined by two memory sockets: what one writes the other receives, in order, cut into
// chunks as the test wants. Nothing moves on its own; `settle` moves everything until all is quiet.

import type { ByteSocket } from "@typewire/connection";

import { type Cutter, whole } from "./cutters.ts";
import { MemorySocket, type MemorySocketOptions, type SocketEvents } from "./memory-socket.ts";

/** One end: a `Connection`, or a recorder. */
export interface PairEnd extends SocketEvents {
  opened(socket: ByteSocket): void;
}

/** How the two sockets take and deliver bytes. */
export interface MemoryPairOptions extends MemorySocketOptions {
  /** How the bytes of each delivery are cut. Default: not at all. */
  readonly cut?: Cutter;
}

interface Direction {
  readonly from: MemorySocket;
  readonly to: SocketEvents;
  readonly toSocket: MemorySocket;
  deliveredWrites: number;
  deliveredCalls: number;
}

/** A pretended TCP connection between two ends. */
export class MemoryPair {
  readonly left: MemorySocket;
  readonly right: MemorySocket;
  readonly #cut: Cutter;
  readonly #directions: readonly Direction[];

  /** Opens both ends, left first. */
  constructor(left: PairEnd, right: PairEnd, { cut = whole, ...options }: MemoryPairOptions = {}) {
    this.#cut = cut;
    this.left = new MemorySocket(options);
    this.right = new MemorySocket(options);
    this.left.events = left;
    this.right.events = right;
    const start = { deliveredWrites: 0, deliveredCalls: 0 };
    this.#directions = [
      { from: this.left, to: right, toSocket: this.right, ...start },
      { from: this.right, to: left, toSocket: this.left, ...start },
    ];
    left.opened(this.left);
    right.opened(this.right);
  }

  /** Delivers until neither end has anything left to say. */
  async settle(): Promise<void> {
    let hasMoved = true;
    while (hasMoved) {
      await new Promise((resolve) => setImmediate(resolve));
      hasMoved = this.#directions.map((direction) => this.#deliver(direction)).includes(true);
    }
  }

  /** Whether anything moved. A paused end gets neither bytes nor an end, but a reset, as a real socket does. */
  #deliver(direction: Direction): boolean {
    const { from, to, toSocket } = direction;
    if (toSocket.isClosed) return false;
    const isReset = from.calls.includes("terminate");
    let deliveredBytes = 0;
    while (!toSocket.isPaused && direction.deliveredWrites < from.writes.length) {
      const bytes = from.writes[direction.deliveredWrites] ?? new Uint8Array();
      direction.deliveredWrites += 1;
      deliveredBytes += bytes.length;
      from.room += bytes.length;
      for (const chunk of this.#cut(bytes)) to.receive(chunk);
    }
    const mayEnd = isReset || !toSocket.isPaused;
    const calls = mayEnd ? from.calls.slice(direction.deliveredCalls) : [];
    direction.deliveredCalls += calls.length;
    for (const call of calls) {
      if (call === "shutdown" || call === "end") to.peerEnded();
      if (call === "terminate") to.socketClosed(resetByPeer());
    }
    if (deliveredBytes > 0) from.events?.drained();
    return deliveredBytes > 0 || calls.length > 0;
  }
}

/** The error that Bun's `close` reports for a reset, in its words: a program is told the same as over TCP. */
export function resetByPeer(): Error {
  const message = "ECONNRESET: connection reset by peer, read";
  return Object.assign(new Error(message), { code: "ECONNRESET" });
}
