// One direction of a `FaultProxy`: bytes come from one socket and leave through the other, late, slowly, in
// small pieces, damaged, or not at all. Nothing is lost but by a reset: a black hole keeps what it has and
// stops reading, as TCP does when its packets are dropped. The proxy owns both sockets.

import type { SeededRandom } from "./seeded-random.ts";

/** What one direction of a link does to the bytes. All of it may be changed while bytes flow. */
export interface LinkConditions {
  /** Each byte leaves so much later than it came. Default 0. */
  readonly latencyMs: number;
  /** Default: no bound. */
  readonly bytesPerSecond: number;
  /** Longest piece written at once; shorter ones at random when `randomPieces`. Default: no bound. */
  readonly mostPieceBytes: number;
  readonly randomPieces: boolean;
  /** How likely one bit of a byte is flipped, for each byte. Default 0. */
  readonly flipsPerByte: number;
  /** Forwards nothing, no end and no reset either, and stops reading. Default false. */
  readonly blackHole: boolean;
}

export const clearConditions: LinkConditions = {
  latencyMs: 0,
  bytesPerSecond: Infinity,
  mostPieceBytes: Infinity,
  randomPieces: false,
  flipsPerByte: 0,
  blackHole: false,
};

/** What a pipe needs of a socket. */
export interface PipeSocket {
  write(bytes: Uint8Array): number;
  shutdown(): void;
  pause(): void;
  resume(): void;
}

interface Held {
  readonly bytes: Uint8Array;
  readonly cameAtMs: number;
}

interface Stop {
  readonly atByte: number;
  readonly act: () => void;
}

/** Held bytes above which the source is not read: what a router's buffer would hold. */
const MOST_HELD_BYTES = 256 * 1024;

/** One direction of a link. */
export class FaultPipe {
  /** Bytes that have left through the sink. */
  forwardedBytes = 0;
  /** Bits flipped so far. */
  flippedBits = 0;
  readonly #source: PipeSocket;
  readonly #sink: PipeSocket;
  readonly #random: SeededRandom;
  readonly #held: Held[] = [];
  #heldBytes = 0;
  #conditions: LinkConditions;
  #stops: Stop[] = [];
  #hasEnded = false;
  /** A reset that waits for the black hole to go. */
  #heldReset: (() => void) | undefined;
  #isCut = false;
  #isPumping = false;
  #isSourcePaused = false;
  #freeAtMs = 0;
  #wake = Promise.withResolvers<void>();

  constructor(
    source: PipeSocket,
    sink: PipeSocket,
    conditions: LinkConditions,
    random: SeededRandom,
  ) {
    this.#source = source;
    this.#sink = sink;
    this.#conditions = conditions;
    this.#random = random;
    this.#steerSource();
  }

  /** Changes some conditions; the others stay. */
  set(conditions: Partial<LinkConditions>): void {
    this.#conditions = { ...this.#conditions, ...conditions };
    this.#steerSource();
    if (!this.#conditions.blackHole) this.#heldReset?.();
    this.#wakeUp();
  }

  /** Calls `act` when exactly so many bytes have left, before the next one does. */
  at(atByte: number, act: () => void): void {
    this.#stops = [...this.#stops, { atByte, act }].toSorted((a, b) => a.atByte - b.atByte);
    this.#runStops();
  }

  /** The source sent this. */
  received(chunk: Uint8Array): void {
    if (this.#isCut || chunk.length === 0) return;
    this.#held.push({ bytes: chunk, cameAtMs: performance.now() });
    this.#heldBytes += chunk.length;
    this.#steerSource();
    this.#pump();
  }

  /** The source has ended; the sink hears of it after what is held. */
  ended(): void {
    this.#hasEnded = true;
    this.#pump();
  }

  /** The source was reset: `pass` it on, now or when there is no black hole in between. */
  wasReset(pass: () => void): void {
    if (this.#conditions.blackHole) this.#heldReset = pass;
    else pass();
  }

  /** The sink takes bytes again. */
  drained(): void {
    this.#wakeUp();
  }

  /** Ends here and now: what is held is dropped. */
  cut(): void {
    this.#isCut = true;
    this.#held.length = 0;
    this.#heldBytes = 0;
    this.#wakeUp();
  }

  #steerSource(): void {
    const shouldPause = this.#conditions.blackHole || this.#heldBytes > MOST_HELD_BYTES;
    if (shouldPause === this.#isSourcePaused) return;
    this.#isSourcePaused = shouldPause;
    if (shouldPause) this.#source.pause();
    else this.#source.resume();
  }

  #wakeUp(): void {
    this.#wake.resolve();
    this.#pump();
  }

  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    void this.#forwardAll().finally(() => {
      this.#isPumping = false;
    });
  }

  async #forwardAll(): Promise<void> {
    for (;;) {
      const [first] = this.#held;
      if (this.#isCut) return;
      if (this.#conditions.blackHole) {
        await this.#woken(Infinity);
        continue;
      }
      if (first === undefined) {
        if (this.#hasEnded) this.#sink.shutdown();
        return;
      }
      const waitMs =
        Math.max(first.cameAtMs + this.#conditions.latencyMs, this.#freeAtMs) - performance.now();
      if (waitMs > 0) {
        await this.#woken(waitMs);
        continue;
      }
      const takenBytes = this.#forward(first);
      if (takenBytes < 0) return;
      if (takenBytes === 0) await this.#woken(1000);
      // Pieces that go out in one turn may arrive as one.
      else if (this.#conditions.mostPieceBytes < Infinity) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  /** Writes the next piece; returns how much the sink took. */
  #forward(first: Held): number {
    const { bytesPerSecond } = this.#conditions;
    const piece = this.#damaged(first.bytes.subarray(0, this.#pieceBytes()));
    const takenBytes = this.#sink.write(piece);
    if (takenBytes <= 0) return takenBytes;
    if (takenBytes === first.bytes.length) this.#held.shift();
    else this.#held[0] = { ...first, bytes: first.bytes.subarray(takenBytes) };
    this.#heldBytes -= takenBytes;
    this.forwardedBytes += takenBytes;
    this.#freeAtMs = performance.now() + (takenBytes / bytesPerSecond) * 1000;
    this.#steerSource();
    this.#runStops();
    return takenBytes;
  }

  /** A slow line sends a twentieth of a second's bytes at a time. */
  #pieceBytes(): number {
    const { mostPieceBytes, randomPieces, bytesPerSecond } = this.#conditions;
    const most = Math.min(mostPieceBytes, Math.max(1, Math.floor(bytesPerSecond / 20)));
    const untilStop = (this.#stops[0]?.atByte ?? Infinity) - this.forwardedBytes;
    const chosen = randomPieces && most < Infinity ? this.#random.integer(1, most) : most;
    return Math.min(chosen, untilStop);
  }

  /** A copy with some bits flipped; the piece itself when none are. */
  #damaged(piece: Uint8Array): Uint8Array {
    const { flipsPerByte } = this.#conditions;
    if (flipsPerByte === 0) return piece;
    return piece.map((byte) => {
      if (this.#random.next() >= flipsPerByte) return byte;
      this.flippedBits += 1;
      return byte ^ (1 << this.#random.integer(0, 7));
    });
  }

  #runStops(): void {
    while (this.#stops[0] !== undefined && this.#stops[0].atByte <= this.forwardedBytes) {
      this.#stops.shift()?.act();
    }
  }

  /** Resolves after `waitMs`, or when something has changed. */
  async #woken(waitMs: number): Promise<void> {
    this.#wake = Promise.withResolvers();
    const timer = waitMs < Infinity ? setTimeout(this.#wake.resolve, waitMs) : undefined;
    await this.#wake.promise;
    clearTimeout(timer);
  }
}
