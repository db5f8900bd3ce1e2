// How much one connection may hand out before the event loop serves the others: so many frames, so much time.
// The clock is looked at now and then, because reading it for each frame would cost more than the frame.

import type { Clock } from "../time/clock.ts";

/** A turn that takes this long is over, however few messages it had. */
const TURN_MS = 5;

/** Frames between two looks at the clock. */
const FRAMES_PER_LOOK = 32;

/**
 * The same in bytes of payload: reading takes up to 40 ns for each, so half a millisecond. Bounds the data
 * items too, of which none is smaller than a byte.
 */
const BYTES_PER_LOOK = 16 * 1024;

/** One turn, from before its first frame. */
export class Turn {
  readonly #clock: Clock;
  readonly #isShort: boolean;
  #framesLeft: number;
  #framesUntilLook = FRAMES_PER_LOOK;
  #bytesUntilLook = BYTES_PER_LOOK;
  /** When the clock was looked at first; NaN before. */
  #startedAtMs = NaN;
  #isOver = false;

  /** `mostFrames` may be handed out; in a short turn only as many as lie before the first look at the clock. */
  constructor(clock: Clock, mostFrames: number, isShort = false) {
    this.#clock = clock;
    this.#framesLeft = mostFrames;
    this.#isShort = isShort;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Counts a frame of `length` payload bytes that is about to be handed out. Returns whether none may follow. */
  begins(length: number): boolean {
    this.#framesLeft -= 1;
    this.#framesUntilLook -= 1;
    this.#bytesUntilLook -= length;
    const goesOn = this.#framesLeft > 0 && this.#framesUntilLook > 0 && this.#bytesUntilLook >= 0;
    return goesOn ? this.#isOver : this.#look();
  }

  /** That frame was handled. The same answer: one large frame may take longer than a turn. */
  ended(length: number): boolean {
    return length < BYTES_PER_LOOK ? this.#isOver : this.#look();
  }

  #look(): boolean {
    const nowMs = this.#clock.now();
    if (Number.isNaN(this.#startedAtMs)) this.#startedAtMs = nowMs;
    this.#isOver ||= this.#isShort || this.#framesLeft <= 0 || nowMs - this.#startedAtMs >= TURN_MS;
    this.#framesUntilLook = FRAMES_PER_LOOK;
    this.#bytesUntilLook = BYTES_PER_LOOK;
    return this.#isOver;
  }
}
