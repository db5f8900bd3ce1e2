// The least that one has to do by hand around a Bun socket: keep what it did not take, and put what is
// sent in one turn into one write. Used by the ceiling.

import { deferred } from "./deferred.ts";

/** The bytes of one socket that are still to be written. */
export class SocketQueue {
  readonly #socket: Bun.Socket<unknown>;
  #rest: Uint8Array[] = [];
  #turn: Uint8Array[] = [];
  #room = deferred();

  constructor(socket: Bun.Socket<unknown>) {
    this.#socket = socket;
  }

  /** Writes now. False: the socket is full, await `ready`. The bytes must not change. */
  write(bytes: Uint8Array): boolean {
    if (this.#rest.length === 0) {
      const taken = this.#socket.write(bytes);
      if (taken === bytes.length) return true;
      this.#room = deferred();
      this.#rest.push(bytes.subarray(Math.max(taken, 0)));
      return false;
    }
    this.#rest.push(bytes);
    return false;
  }

  /** Writes at the end of this turn, with all else that comes in it. */
  writeThisTurn(bytes: Uint8Array): void {
    if (this.#turn.push(bytes) > 1) return;
    queueMicrotask(() => {
      const [first] = this.#turn;
      if (first !== undefined) {
        this.write(this.#turn.length === 1 ? first : Buffer.concat(this.#turn));
      }
      this.#turn = [];
    });
  }

  /** Resolves when all is written. */
  ready(): Promise<void> {
    return this.#rest.length === 0 ? Promise.resolve() : this.#room.promise;
  }

  /** The socket takes bytes again. */
  drained(): void {
    for (let [bytes] = this.#rest; bytes !== undefined; [bytes] = this.#rest) {
      const taken = this.#socket.write(bytes);
      if (taken < bytes.length) {
        this.#rest[0] = bytes.subarray(Math.max(taken, 0));
        return;
      }
      this.#rest.shift();
    }
    this.#room.resolve();
  }
}
