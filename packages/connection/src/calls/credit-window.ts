// What a receiver of items lets their sender have under way: the window of one stream. It opens while the program
// waits for items, and closes where items wait for the program, so that a reader that is behind has no more of them
// before it than a peer that reads by hand. Counts alone: sends nothing, and knows no clock.

import { WINDOW_BYTES } from "../limit-rows.ts";

/** The window of one stream at its receiver, in payload bytes. */
export class CreditWindow {
  readonly #mostBytes: number;
  #bytes = WINDOW_BYTES;
  /** What the sender may still send. The last item may overdraw it. */
  #credit = WINDOW_BYTES;
  /** Taken by the program and not granted again; negative while the window closes. */
  #takenBytes = 0;
  /** Taken since the program last waited. */
  #atOnceBytes = 0;
  /** Whether the program has waited behind an item that it had taken, since the last grant. */
  #hasWaited = false;

  /** `mostBytes`: how far it opens, from `WINDOW_BYTES` on. */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** An item of `bytes` has come. False where it was beyond the credit. */
  receive(bytes: number): boolean {
    if (this.#credit <= 0) return false;
    this.#credit -= bytes;
    return true;
  }

  /** The program asks for an item, and there is none. */
  wait(): void {
    // Before the first item every program waits.
    this.#hasWaited ||= this.#atOnceBytes > 0;
    this.#atOnceBytes = 0;
  }

  /** The program has taken an item of `bytes`. Returns what to grant the sender now: half a window or more, or 0. */
  take(bytes: number): number {
    this.#takenBytes += bytes;
    this.#atOnceBytes += bytes;
    if (this.#takenBytes * 2 < this.#bytes) return 0;
    this.#resize();
    if (this.#takenBytes * 2 < this.#bytes) return 0;
    const granted = this.#takenBytes;
    this.#takenBytes = 0;
    this.#credit += granted;
    return granted;
  }

  #resize(): void {
    const before = this.#bytes;
    if (this.#hasWaited) this.#bytes = this.#mostBytes;
    // All that was under way when the program last waited is one window.
    else if (this.#atOnceBytes > 2 * before) this.#bytes = WINDOW_BYTES;
    this.#hasWaited = false;
    this.#takenBytes += this.#bytes - before;
  }
}
