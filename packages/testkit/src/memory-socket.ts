// A socket made of an array: it takes as many bytes as the test says and records all that happens to it.
// As in Bun, `end` and `terminate` report the close before they return, and a write can fall short.

import type { ByteSocket } from "@typewire/connection";

/** Whoever owns the connection's socket calls these; a `Connection` has them. */
export interface SocketEvents {
  receive(chunk: Uint8Array): void;
  drained(): void;
  peerEnded(): void;
  socketClosed(error?: unknown): void;
}

export interface MemorySocketOptions {
  /** Bytes the socket takes before it is full. Default: no bound. */
  readonly room?: number;
  /** Bytes one write takes at most. Default: no bound. */
  readonly mostPerWrite?: number;
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

  constructor({ room = Infinity, mostPerWrite = Infinity }: MemorySocketOptions = {}) {
    this.room = room;
    this.mostPerWrite = mostPerWrite;
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
    return taken;
  }

  shutdown(): void {
    this.calls.push("shutdown");
  }

  end(): void {
    this.#close("end");
  }

  terminate(): void {
    this.#close("terminate");
  }

  pause(): void {
    this.calls.push("pause");
  }

  resume(): void {
    this.calls.push("resume");
  }

  #close(call: "end" | "terminate"): void {
    const wasClosed = this.isClosed;
    this.calls.push(call);
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
