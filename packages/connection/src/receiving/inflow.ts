// The pace at which a connection reads: so many frames in one turn of the event loop, none while it is
// held. The rest is a backlog of the chunks that it came in. The socket is paused, so that the peer feels it:
// at once where the backlog waits for a turn, and where it is held, when there is some of it, because an end
// that reads nothing cannot hear that the peer lives. Knows frames only as bytes; their meaning is the consumer's.
//
// A chunk belongs to the inflow until it is used up: the host never writes into it again.

import { FrameReader } from "@typewire/protocol";
import { release } from "@typewire/protocol/internal";

import type { ByteSocket } from "../byte-socket.ts";
import type { ConnectionLimits } from "../limits.ts";
import type { MemoryBudget } from "../memory-budget.ts";
import type { Clock } from "../time/clock.ts";
import type { Resumable, TurnScheduler } from "../time/schedulers.ts";
import { Turn } from "./turn.ts";

/** Why reading rests; each is taken back on its own. */
export const HOLD = {
  /** The user's `pause`. */
  user: 1,
  /** As many handlers are under way as may be. */
  handlers: 2,
  /** The output queue is above its soft limit. */
  output: 4,
  /** A `close` that waits for the last handlers. */
  ending: 8,
  /** Connections that hear what the peer says do not keep up. */
  audience: 16,
  /** What the client has shown is being judged. */
  judging: 32,
} as const;

export type Hold = (typeof HOLD)[keyof typeof HOLD];

/** What an inflow hands what it reads to. */
export interface InflowConsumer {
  /** One payload, valid until it returns. May hold the inflow, or make it discard. */
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

/** So much is read and kept while nothing is handed out: a $ping every few seconds, for hours. */
const HELD_BYTES = 16 * 1024;

/** What a chunk of the backlog takes beside its bytes, so that single bytes are no way to fill memory. */
const CHUNK_BYTES = 128;

/** Received chunks that are not handed out yet, in order. */
interface Backlog {
  readonly chunks: Uint8Array[];
  bytes: number;
}

/** One stream of bytes, cut into frames at our pace. */
export class Inflow implements Resumable {
  readonly #endpoint: InflowEndpoint;
  readonly #consumer: InflowConsumer;
  readonly #reader: FrameReader;
  #socket: ByteSocket | undefined;
  #isSocketPaused = false;
  /** The sum of the reasons to rest. */
  #holds = 0;
  /** Undefined when nothing waits. */
  #backlog: Backlog | undefined;
  #isScheduled = false;
  /** After `ended` nothing more comes; what comes after `discarding` is dropped. */
  #state: "reading" | "ended" | "discarding" = "reading";
  #bytesReceived = 0;
  /** The turn under way, in which frames are handed out. */
  #turn: Turn | undefined;

  constructor(endpoint: InflowEndpoint, consumer: InflowConsumer, maxFrameBytes: number) {
    this.#endpoint = endpoint;
    this.#consumer = consumer;
    this.#reader = new FrameReader({
      maxFrameBytes,
      releaseFrames: endpoint.ownsChunks,
    });
  }

  get bytesReceived(): number {
    return this.#bytesReceived;
  }

  /** Bytes kept: of a frame that is not whole, and of the backlog. */
  get bufferedBytes(): number {
    return this.#reader.bufferedBytes + (this.#backlog?.bytes ?? 0);
  }

  /** Announced length of the frame that the peer has begun and not finished; 0 while its header is not whole. */
  get startedFrameBytes(): number | undefined {
    if (this.#reader.bufferedBytes === 0) return undefined;
    return this.#reader.pendingFrameBytes ?? 0;
  }

  /** Whether frames that came may wait for this side: then the peer cannot be late with one. */
  get isBehind(): boolean {
    return this.#backlog !== undefined || this.#holds !== 0;
  }

  isHeld(hold: Hold): boolean {
    return (this.#holds & hold) !== 0;
  }

  /** Payload bytes accepted from the next header on. */
  set maxFrameBytes(bytes: number) {
    this.#reader.maxFrameBytes = bytes;
  }

  /** The socket is open. */
  opened(socket: ByteSocket): void {
    this.#socket = socket;
    this.#settle();
  }

  /** Takes the next bytes. Never throws. */
  push(chunk: Uint8Array): void {
    if (this.#state === "discarding") return;
    this.#bytesReceived += chunk.length;
    if (this.#backlog !== undefined || this.#holds !== 0) {
      this.#keep(chunk);
    } else {
      const { turns, limits } = this.#endpoint;
      this.#takeTurn(limits.messagesPerTurn, turns.isBusy, () => this.#handOut(chunk));
    }
    this.#settle();
  }

  /**
   * The peer has ended its half. The backlog is handed out before the consumer hears of it. A client that is being
   * judged waits for the verdict; its end waits for that too.
   */
  peerEnded(): void {
    if (this.#state === "reading") this.#state = "ended";
    if (this.#backlog === undefined && !this.isHeld(HOLD.judging)) this.#handOutEnd();
  }

  /** Hands out one frame, though this reason holds it. Returns whether there was one; not where it is held by another. */
  letOneThrough(reason: Hold): boolean {
    if (this.#holds !== reason || this.#backlog === undefined) return false;
    this.#holds = 0;
    const { isOver } = this.#takeTurn(1, false, () => this.#handOutBacklog());
    if (this.#state !== "discarding") this.#holds |= reason;
    this.#settle();
    return isOver;
  }

  /** Hands out the whole backlog, holds or not: the socket has closed in order, and no hold reaches the peer any more. */
  handOutAll(): void {
    while (this.#backlog !== undefined) {
      this.#holds = 0;
      this.continue();
    }
  }

  /** Hands out nothing from now on, also from within `receiveFrame`. */
  hold(reason: Hold): void {
    if (this.#state === "discarding") return;
    this.#holds |= reason;
    this.#reader.suspend();
    this.#settle();
  }

  /** Takes a `hold` back. The backlog goes on in a later turn. */
  release(reason: Hold): void {
    this.#holds &= ~reason;
    if (reason === HOLD.judging && this.#state === "ended") this.peerEnded();
    this.#settle();
  }

  /** Hands out nothing more: drops the backlog, and what still comes is read and dropped. */
  discard(): void {
    this.#state = "discarding";
    this.#holds = 0;
    if (this.#endpoint.ownsChunks) this.#backlog?.chunks.forEach(release);
    this.#backlog = undefined;
    this.#reader.stop();
    this.#settle();
  }

  /** The socket is gone. */
  socketClosed(): void {
    this.#socket = undefined;
  }

  continue(): void {
    this.#isScheduled = false;
    if (this.#backlog === undefined || this.#holds !== 0) return;
    this.#takeTurn(this.#endpoint.limits.messagesPerTurn, false, () => this.#handOutBacklog());
    this.#settle();
  }

  /** Hands out the backlog while the turn lasts. */
  #handOutBacklog(): void {
    const chunks = this.#backlog?.chunks ?? [];
    this.#backlog = undefined;
    for (const chunk of chunks) {
      if (this.#state === "discarding") return;
      if (this.#backlog === undefined && this.#turn?.isOver !== true && this.#holds === 0) {
        this.#handOut(chunk);
      } else {
        this.#keep(chunk);
      }
    }
    if (this.#backlog === undefined && this.#state === "ended") this.#handOutEnd();
  }

  #takeTurn(mostFrames: number, isShort: boolean, handOut: () => void): Turn {
    const outer = this.#turn;
    const turn = new Turn(this.#endpoint.clock, mostFrames, isShort);
    this.#turn = turn;
    handOut();
    this.#turn = outer;
    return turn;
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
    const length = end - start;
    const turn = this.#turn;
    if (turn?.begins(length) === true) this.#reader.suspend();
    this.#consumer.receiveFrame(bytes, start, end);
    if (turn?.ended(length) === true) this.#reader.suspend();
  };

  #keep(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    const backlog = (this.#backlog ??= { chunks: [], bytes: 0 });
    backlog.chunks.push(chunk);
    backlog.bytes += chunk.length;
    this.#count(chunk.length);
  }

  #count(bytes: number): void {
    const { memory } = this.#endpoint;
    if (memory.add(bytes)) memory.relieve();
  }

  /** The peer has ended, and all that it said has been handed out. */
  #handOutEnd(): void {
    if (this.#state === "discarding") return;
    try {
      this.#reader.end();
    } catch (error) {
      this.#consumer.readingFailed(error);
      return;
    }
    this.#consumer.peerEnded();
  }

  get #hasMuchBacklog(): boolean {
    if (this.#backlog === undefined) return false;
    const { chunks, bytes } = this.#backlog;
    return bytes + chunks.length * CHUNK_BYTES >= HELD_BYTES;
  }

  /** Pauses or resumes the socket, and asks for a later turn, as the state has it. */
  #settle(): void {
    const hasBacklog = this.#backlog !== undefined;
    if (hasBacklog && this.#holds === 0 && !this.#isScheduled) {
      this.#isScheduled = true;
      this.#endpoint.turns.schedule(this);
    }
    const shouldPause = this.#holds === 0 ? hasBacklog : this.#hasMuchBacklog;
    if (shouldPause === this.#isSocketPaused || this.#socket === undefined) return;
    this.#isSocketPaused = shouldPause;
    try {
      if (shouldPause) this.#socket.pause();
      else this.#socket.resume();
    } catch {
      // The socket is closing; `socketClosed` follows.
    }
  }
}
