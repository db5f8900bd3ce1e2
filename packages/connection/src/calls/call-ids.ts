// The ids of the calls of one connection: each is further from 0 than the last, and none is used again, so that
// a late message is known by a compare.

import { TypewireError } from "@typewire/protocol";

/** The ids that the caller has used. Both ends keep it, from the messages that they send or receive. */
export class CallIds {
  readonly #firstId: number;
  #lastId: number;

  /** `firstId`: of the first call; the ids before it are taken. */
  constructor(firstId: number) {
    this.#firstId = firstId;
    this.#lastId = firstId - 1;
  }

  /** The last that was used. */
  get last(): number {
    return this.#lastId;
  }

  /** An id for one call more of this side's. */
  next(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /**
   * The id of a new call of the peer's.
   *
   * @throws TypewireError `schema-mismatch` where it is not beyond the last.
   */
  take(id: number): void {
    if (id <= this.#lastId) {
      throw mismatch(`expected the id of a call beyond ${this.#lastId}, got ${id}`, "$call");
    }
    this.#lastId = id;
  }

  /**
   * Passes the id of a call that is no longer open; `of` is the type of the message that names it.
   *
   * @throws TypewireError `schema-mismatch` where there has been no such call.
   */
  requireUsed(id: number, of: string): void {
    if (id < 1 || id > this.#lastId) throw mismatch(`there was no call ${id}`, of);
  }

  /** Another connection begins, and with it the ids. */
  restart(): void {
    this.#lastId = this.#firstId - 1;
  }
}

function mismatch(detail: string, of: string): TypewireError {
  return new TypewireError("schema-mismatch", `schema-mismatch at /id: ${detail}`, {
    path: "/id",
    of,
  });
}
