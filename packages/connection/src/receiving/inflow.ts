// The pace at which a connection reads: so many frames in one turn of the event loop, none while it is
// held. What came and waits is kept as the chunks it came in, and the socket is paused, so that the
// peer feels it. Knows frames only as bytes; their meaning is the receiver's.
//
// A chunk belongs to the inflow until it is used up: Bun never writes into it again.

import { FrameReader } from "@typewire/protocol";
import { release } from "@typewire/protocol/internal";

import type { ByteSocket } from "../byte-socket.ts";
import type { ConnectionLimits } from "../limits.ts";
import type { MemoryBudget } from "../memory-budget.ts";
import type { Clock } from "../time/clock.ts";
import type { Resumable, TurnScheduler } from "../time/turn-scheduler.ts";

/** Why reading rests; each is taken back on its own. */
export const HOLD = {
  /** The user's `pause`. */
  user: 1,
  /** As many handlers are under way as may be. */
  handlers: 2,
  /** More waits for the peer than it should. */
  output: 4,
  /** An end that waits for the last handlers. */
  ending: 8,
} as const;

export type Hold = (typeof HOLD)[keyof typeof HOLD];

/** What an inflow hands what it reads to. */
export interface InflowConsumer {
  /** One payload, valid until it returns. May hold or stop the inflow. */
  receiveFrame(bytes: Uint8Array, start: number, end: number): void;
  /** Bytes that are no frames, or an error of `receiveFrame`. Nothing comes after it. */
  readingFailed(error: unknown): void;
  /** The stream has ended between two frames, and all of it has been handed out. */
  peerEnded(): void;
}

/** The endpoint as its inflows see it. */
export interface InflowEndpoint {
  readonly limits: ConnectionLimits;
  readonly clock: Clock;
  readonly turns: TurnScheduler;
  readonly memory: MemoryBudget;
  /** See `EndpointOptions.ownsChunks`. */
  readonly ownsChunks: boolean;
}

/** A turn that takes this long is over, however few messages it had. */
const TURN_MS = 5;

/** Frames between two looks at the clock, and all that a busy endpoint gives to a chunk at once. */
const FRAMES_PER_LOOK = 32;

/** One stream of bytes, cut into frames at our pace. */
export class Inflow implements Resumable {
  readonly #endpoint: InflowEndpoint;
  readonly #consumer: InflowConsumer;
  readonly #reader: FrameReader;
  #socket: ByteSocket | undefined;
  #isSocketPaused = false;
  /** The sum of the reasons to rest. */
  #holds = 0;
  /** What came and waits, in order; undefined when nothing does. */
  #backlog: Uint8Array[] | undefined;
  #isScheduled = false;
  #hasPeerEnded = false;
  #isStopped = false;
  #framesReceived = 0;
  #bytesReceived = 0;
  /** The frame count at which this turn looks at the clock, and at which it ends. */
  #nextLook = 0;
  #lastOfTurn = 0;
  /** When the turn first looked at the clock; negative before. */
  #turnStartedAtMs = -1;

  constructor(endpoint: InflowEndpoint, consumer: InflowConsumer, maxFrameBytes: number) {
    this.#endpoint = endpoint;
    this.#consumer = consumer;
    this.#reader = new FrameReader({
      maxFrameBytes,
      releaseFrames: endpoint.ownsChunks,
    });
  }

  /** Every frame that came, control messages and refused ones too. */
  get framesReceived(): number {
    return this.#framesReceived;
  }

  get bytesReceived(): number {
    return this.#bytesReceived;
  }

  /** Bytes kept: of a frame that is not whole, and of what waits for its turn. */
  get bufferedBytes(): number {
    let bytes = this.#reader.bufferedBytes;
    if (this.#backlog !== undefined) for (const chunk of this.#backlog) bytes += chunk.length;
    return bytes;
  }

  /** Announced length of the frame that the peer has begun and not finished; 0 while its header is not whole. */
  get startedFrameBytes(): number | undefined {
    if (this.#reader.bufferedBytes === 0) return undefined;
    return this.#reader.pendingFrameBytes ?? 0;
  }

  /** Whether the peer cannot be heard now, for a reason on this side. */
  get isResting(): boolean {
    return this.#isSocketPaused;
  }

  isHeld(hold: Hold): boolean {
    return (this.#holds & hold) !== 0;
  }

  /** Payload bytes accepted from the next header on. */
  set maxFrameBytes(bytes: number) {
    this.#reader.maxFrameBytes = bytes;
  }

  /** The socket is there. */
  attach(socket: ByteSocket): void {
    this.#socket = socket;
    this.#settle();
  }

  /** Takes the next bytes. Never throws. */
  push(chunk: Uint8Array): void {
    if (this.#isStopped) return;
    this.#bytesReceived += chunk.length;
    if (this.#backlog !== undefined || this.#holds !== 0) {
      this.#keep(chunk);
    } else {
      const { turns, limits } = this.#endpoint;
      this.#beginTurn(turns.isBusy ? FRAMES_PER_LOOK : limits.messagesPerTurn);
      this.#handOut(chunk);
    }
    this.#settle();
  }

  /** The peer has ended its half. What waits is handed out before. */
  end(): void {
    this.#hasPeerEnded = true;
    if (this.#backlog === undefined) this.#finish();
  }

  /** The socket has closed in order: what waits is handed out at once, since nothing can hold the peer back any more. */
  flush(): void {
    while (this.#backlog !== undefined) {
      this.#holds = 0;
      this.continue();
    }
  }

  /** Hands out nothing from now on, also from within `receiveFrame`. */
  hold(reason: Hold): void {
    if (this.#isStopped) return;
    this.#holds |= reason;
    this.#reader.suspend();
    this.#settle();
  }

  /** Takes a `hold` back. What waits goes on in a later turn. */
  release(reason: Hold): void {
    this.#holds &= ~reason;
    this.#settle();
  }

  /** Forgets everything and hands out nothing more; what still comes is read and dropped. */
  stop(): void {
    this.#isStopped = true;
    this.#holds = 0;
    if (this.#endpoint.ownsChunks) this.#backlog?.forEach(release);
    this.#backlog = undefined;
    this.#reader.stop();
    this.#settle();
  }

  /** The socket is gone. */
  detach(): void {
    this.#socket = undefined;
  }

  continue(): void {
    this.#isScheduled = false;
    const chunks = this.#backlog;
    if (chunks === undefined || this.#holds !== 0) return;
    this.#backlog = undefined;
    this.#beginTurn(this.#endpoint.limits.messagesPerTurn);
    for (const chunk of chunks) {
      if (this.#isStopped) return;
      if (this.#backlog === undefined) this.#handOut(chunk);
      else this.#keep(chunk);
    }
    if (this.#backlog === undefined && this.#hasPeerEnded) this.#finish();
    this.#settle();
  }

  #beginTurn(frames: number): void {
    this.#lastOfTurn = this.#framesReceived + frames;
    this.#nextLook = this.#framesReceived + Math.min(frames, FRAMES_PER_LOOK);
    this.#turnStartedAtMs = -1;
  }

  /** Hands out the frames of the chunk while the turn lasts, and keeps the rest. */
  #handOut(chunk: Uint8Array): void {
    let taken: number;
    try {
      taken = this.#reader.push(chunk, this.#receiveFrame);
    } catch (error) {
      this.#consumer.readingFailed(error);
      return;
    }
    if (taken < chunk.length) {
      this.#keep(chunk.subarray(taken));
      return;
    }
    if (this.#reader.bufferedBytes > 0) this.#count(chunk.length);
    if (this.#endpoint.ownsChunks) release(chunk);
  }

  readonly #receiveFrame = (bytes: Uint8Array, start: number, end: number): void => {
    this.#framesReceived += 1;
    if (this.#framesReceived === this.#nextLook) this.#look();
    this.#consumer.receiveFrame(bytes, start, end);
  };

  /** Ends the turn when it has had enough frames, or enough time. */
  #look(): void {
    const nowMs = this.#endpoint.clock.now();
    if (this.#turnStartedAtMs < 0) this.#turnStartedAtMs = nowMs;
    const isOver =
      this.#framesReceived >= this.#lastOfTurn || nowMs - this.#turnStartedAtMs >= TURN_MS;
    if (isOver) this.#reader.suspend();
    this.#nextLook = Math.min(this.#lastOfTurn, this.#framesReceived + FRAMES_PER_LOOK);
  }

  #keep(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    if (this.#backlog === undefined) this.#backlog = [chunk];
    else this.#backlog.push(chunk);
    this.#count(chunk.length);
  }

  #count(bytes: number): void {
    const { memory } = this.#endpoint;
    if (memory.add(bytes)) memory.relieve();
  }

  /** The peer has ended, and all that it said has been handed out. */
  #finish(): void {
    if (this.#isStopped) return;
    try {
      this.#reader.end();
    } catch (error) {
      this.#consumer.readingFailed(error);
      return;
    }
    this.#consumer.peerEnded();
  }

  /** Pauses or resumes the socket, and asks for a later turn, as the state has it. */
  #settle(): void {
    const hasBacklog = this.#backlog !== undefined;
    if (hasBacklog && this.#holds === 0 && !this.#isScheduled) {
      this.#isScheduled = true;
      this.#endpoint.turns.schedule(this);
    }
    const shouldPause = hasBacklog || this.#holds !== 0;
    if (shouldPause === this.#isSocketPaused || this.#socket === undefined) return;
    this.#isSocketPaused = shouldPause;
    try {
      if (shouldPause) this.#socket.pause();
      else this.#socket.resume();
    } catch {
      // It is closing; its owner hears of that.
    }
  }
}
