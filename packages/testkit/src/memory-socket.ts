// A socket made of an array: it takes as many bytes as the test says and records all that happens to it.
// As in Bun, `end` and `terminate` report the close before they return, and a write can fall short.

import type { ByteSocket } from "@typewire/connection";

/** The owner of the connection's socket calls these; a `Connection` has them. */
export interface SocketEvents {
  receive(chunk: Uint8Array): void;
  drained(): void;
  peerEnded(): void;
  socketClosed(error?: unknown): void;
}

/** How much a socket takes. */
export interface MemorySocketOptions {
  /** Bytes the socket takes before it is full. Default: no bound. */
  readonly room?: number;
  /** Bytes one write takes at most. Default: no bound. */
  readonly mostPerWrite?: number;
  /** Called when something was written or closed: there may be something to deliver. Default: it is not called. */
  readonly onActivity?: () => void;
}

/** One end of a pretended TCP connection. */
export class MemorySocket implements ByteSocket {
  /** What each write took, copied at once, as a kernel does. Empty for one that took nothing. */
  readonly writes: Uint8Array[] = [];
  /** What was called besides `write`, in order. */
  readonly calls: ("shutdown" | "end" | "terminate" | "pause" | "resume")[] = [];
  /** Told of the close that `end` and `terminate` cause, before they return. */
  events: SocketEvents | undefined;
  room: number;
  mostPerWrite: number;
  #isPaused = false;
  readonly #onActivity: () => void;

  constructor({
    room = Infinity,
    mostPerWrite = Infinity,
    onActivity = () => {},
  }: MemorySocketOptions = {}) {
    this.room = room;
    this.mostPerWrite = mostPerWrite;
    this.#onActivity = onActivity;
  }

  /** All bytes taken so far. */
  get written(): Uint8Array {
    return concatenate(this.writes);
  }

  get isClosed(): boolean {
    return this.calls.includes("end") || this.calls.includes("terminate");
  }

  write(bytes: Uint8Array): number {
    if (this.isClosed || this.calls.includes("shutdown")) return -1;
    const taken = Math.min(bytes.length, this.room, this.mostPerWrite);
    this.writes.push(bytes.slice(0, taken));
    this.room -= taken;
    this.#onActivity();
    return taken;
  }

  shutdown(): void {
    this.calls.push("shutdown");
    this.#onActivity();
  }

  end(): void {
    this.#close("end");
  }

  terminate(): void {
    this.#close("terminate");
  }

  pause(): void {
    this.calls.push("pause");
    this.#isPaused = true;
  }

  resume(): void {
    this.calls.push("resume");
    this.#isPaused = false;
    this.#onActivity();
  }

  /** Whether the user wants nothing delivered: neither bytes nor the peer's end. A reset comes all the same. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  #close(call: "end" | "terminate"): void {
    const wasClosed = this.isClosed;
    this.calls.push(call);
    this.#onActivity();
    if (!wasClosed) this.events?.socketClosed();
  }
}

/** The chunks as one run of bytes. */
export function concatenate(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let position = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, position);
    position += chunk.length;
  }
  return bytes;
}
