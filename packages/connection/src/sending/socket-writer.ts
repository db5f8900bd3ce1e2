// The sending half of a connection: brings its queue, which the sender fills, to the socket, one write per
// turn of the event loop, over short writes and full sockets; says when the queue is too long, or the peer
// takes nothing of it; and when told that nothing follows, ends the socket without losing a byte. Knows frames
// only as bytes, and nothing of what is read.

import type { ByteSocket } from "../byte-socket.ts";
import {
  type CloseReason,
  connectionClosed,
  peerTooSlow,
  peerTooSlowFor,
  socketLost,
  writeTimedOut,
} from "../close-reason.ts";
import type { ConnectionLimits } from "../limits.ts";
import type { MemoryBudget } from "../memory-budget.ts";
import type { LoopTurns } from "../time/loop-turns.ts";
import type { Flushable, FlushScheduler } from "../time/schedulers.ts";
import type { BufferPool } from "./buffer-pool.ts";
import { Burst } from "./burst.ts";
import { BURST_BYTES, type CutQueue, type FlushResult, OutputQueue } from "./output-queue.ts";
import type { UnsentRun } from "./segment.ts";
import { WriteDeadlines } from "./write-deadlines.ts";

/**
 * A queue that grows by so much within a turn is offered to a full socket once more: the peer may have read
 * meanwhile, and the loop has had no time to say so.
 */
const OFFER_BYTES = 256 * 1024;

/**
 * Of what the peer works on, so much leaves before the turn ends: both ends work at the same time then, and 64 calls
 * in flight are half as many again in a second. A write costs as much as some ten calls do.
 */
export const WORK_BYTES = 2 * 1024;

/** The connection as its writer sees it. */
export interface SocketWriterOwner {
  /** Called once, before the socket is touched: nothing more can be sent, for this reason. `unsent` tells what has not left, until this returns. */
  writerClosed(reason: CloseReason, unsent: () => Iterable<UnsentRun>): void;
  /** The queue has grown above the soft limit, or is at most there again. */
  queueIsLong(isLong: boolean): void;
  /** The peer is too slow: nothing more can be sent. Returns the frame that tells it so. `writerClosed` follows. */
  writerCut(reason: CloseReason): Uint8Array;
}

/** The endpoint as its writers see it. */
export interface WriterEndpoint {
  readonly limits: ConnectionLimits;
  readonly flushes: FlushScheduler;
  readonly buffers: BufferPool;
  readonly memory: MemoryBudget;
  readonly loopTurns: LoopTurns;
  readonly sweep: { now(): number };
}

/**
 * Writes to one socket, from before it is there until it is gone.
 *
 * | in        | when                                     | then      | and the socket           |
 * | --------- | ---------------------------------------- | --------- | ------------------------ |
 * | idle      | commit, opened, finish                   | scheduled |                          |
 * | scheduled | flush, at the end of the turn            | idle      | write()                  |
 * | scheduled | commitWork, with WORK_BYTES in the queue |           | write()                  |
 * | these two | a write falls short                      | full      |                          |
 * | full      | drained                                  | idle      | write()                  |
 * | full      | nothing was taken for writeStallMs, or   | closing   | write() of the frame     |
 * |           | of a peer that lives for peerRestMs      |           | that has begun, $error   |
 * | any       | the queue is too long, or for too long   | closing   | the same                 |
 * | these all | finish was called, the queue is empty    | shut      | shutdown()               |
 * |           | the same after the peer has ended        | closed    | end()                    |
 * |           | close was called, and nothing left       | closed    | end(), or with something |
 * |           | for writeStallMs                         |           | queued terminate()       |
 * | shut      | the peer ends, or lingerMs are over      | closed    | end()                    |
 * | any       | destroy, or too slow again for lingerMs  | closed    | terminate()              |
 * | any       | the socket is gone                       | closed    |                          |
 */
export class SocketWriter implements Flushable {
  /** What has not left. The sender appends to it, and then calls `commit`. */
  readonly queue: OutputQueue;
  readonly #endpoint: WriterEndpoint;
  readonly #owner: SocketWriterOwner;
  #state: "idle" | "scheduled" | "full" | "shut" | "closed" = "idle";
  #socket: ByteSocket | undefined;
  /** Why the writer closes, once `close` was called. */
  #closeReason: CloseReason | undefined;
  #isFinished = false;
  /** What still leaves, once the peer was too slow. */
  #cutQueue: CutQueue | undefined;
  #hasPeerEnded = false;
  /** Made when something has to leave first, or the peer to end. */
  #deadlines: WriteDeadlines | undefined;
  #isLong = false;
  /** While more waits than the socket takes at once. */
  #burst: Burst | undefined;
  /** Queued bytes that count against what all connections may hold. */
  #countedBytes = 0;
  #ready: PromiseWithResolvers<void> | undefined;

  constructor(endpoint: WriterEndpoint, owner: SocketWriterOwner) {
    this.#endpoint = endpoint;
    this.queue = new OutputQueue(endpoint.buffers);
    this.#owner = owner;
  }

  /** Whether the queue is above the soft limit. */
  get isLong(): boolean {
    return this.#isLong;
  }

  /** Whether the queue is above the soft limit, and the peer has taken some of it within the last `ms`. */
  isSlow(ms: number): boolean {
    if (!this.#isLong) return false;
    const waitedMs = this.#deadlines?.waitedMs(this.#endpoint.sweep.now()) ?? 0;
    return waitedMs < ms;
  }

  /** True once nothing can be sent any more. */
  get isClosed(): boolean {
    return this.#state === "closed";
  }

  /** Bytes that the program may add now. One turn may fill the queue up to what all connections may hold. */
  get roomBytes(): number {
    const { memory } = this.#endpoint;
    return this.#state === "full" && memory.isScarce
      ? this.#scarceBytes()
      : memory.maxBytes - this.queue.queuedBytes;
  }

  /** Of the queued bytes, those that the event loop has had a chance to write. */
  get settledBytes(): number {
    const { queuedBytes } = this.queue;
    const burst = this.#burst;
    if (burst === undefined) return this.#state === "scheduled" ? 0 : queuedBytes;
    return Math.max(0, queuedBytes - burst.addedBytes(this.#endpoint.loopTurns.current));
  }

  /** Has the appended frames written, at the end of this turn or at once. False: the queue is above the soft limit. */
  commit(): boolean {
    const { queuedBytes } = this.queue;
    if (
      queuedBytes >= BURST_BYTES ||
      queuedBytes > this.#endpoint.limits.softQueueBytes ||
      this.#state === "full"
    ) {
      return this.#commitMuch();
    }
    this.#requestFlush();
    return true;
  }

  /** As `commit`, for what the peer works on while this side goes on: it need not wait for the rest of the turn. */
  commitWork(): void {
    this.commit();
    if (this.#state === "scheduled" && this.queue.queuedBytes >= WORK_BYTES) this.#write();
  }

  /** Resolves when the queue is at most at the soft limit; rejects when the writer has closed. */
  ready(): Promise<void> {
    if (this.queue.queuedBytes <= this.#endpoint.limits.softQueueBytes) return Promise.resolve();
    if (this.#ready === undefined) {
      this.#ready = Promise.withResolvers();
      // A rejection that no program awaits must not end the process.
      this.#ready.promise.catch(() => {});
    }
    return this.#ready.promise;
  }

  /** The socket is open. */
  opened(socket: ByteSocket): void {
    this.#socket = socket;
    this.#requestFlush();
  }

  /** Writes the queue now, not at the end of this turn. Never throws. */
  flush(): void {
    if (this.#state === "scheduled") this.#state = "idle";
    this.#write();
  }

  /** The socket takes bytes again; harmless when it always did. */
  drained(): void {
    if (this.#state === "full") this.#state = "idle";
    this.#write();
  }

  /** Closes in order, for this reason, once `finish` follows: from now on something has to leave every `writeStallMs`. */
  close(reason: CloseReason): void {
    this.#closeReason = reason;
    if (this.#socket === undefined) this.#enterClosed(reason);
    else this.#allow(this.#endpoint.limits.writeStallMs);
  }

  /** Nothing more will be appended: ends the socket once everything has left. Follows `close`. */
  finish(): void {
    this.#isFinished = true;
    this.#requestFlush();
  }

  /** The peer has ended its half: the socket closes as soon as ours has ended too. */
  peerEnded(): void {
    this.#hasPeerEnded = true;
    const reason = this.#closeReason;
    if (this.#state === "shut" && reason !== undefined) this.#enterClosed(reason, "end");
  }

  /**
   * Looks at the deadlines; `nowMs` is the sweep's time. A peer of which something `wasHeard` since the last
   * look lives, and has longer to take what waits for it.
   */
  check(nowMs: number, wasHeard: boolean): void {
    const { softQueueBytes, softQueueMs } = this.#endpoint.limits;
    const { excessBytes, queuedBytes } = this.queue;
    if (this.#deadlines === undefined && excessBytes <= softQueueBytes) return;
    const deadlines = this.#madeDeadlines;
    if (wasHeard && this.#closeReason === undefined) deadlines.putOff(nowMs);
    const verdict = deadlines.check(nowMs, excessBytes);
    if (verdict === "missed") this.#missDeadline(deadlines.waitedMs(nowMs));
    else if (verdict === "long")
      this.#cut(peerTooSlowFor(softQueueMs, queuedBytes, softQueueBytes));
  }

  /** Drops the queue and resets the socket. */
  destroy(reason: CloseReason): void {
    this.#enterClosed(reason, "terminate");
  }

  /** The socket is gone. */
  socketClosed(reason: CloseReason): void {
    this.#enterClosed(reason);
  }

  /** As `commit`, with more in the queue than one turn's burst, or a full socket. */
  #commitMuch(): boolean {
    const { limits } = this.#endpoint;
    const queue = this.queue;
    // First: a write that falls short has the memory of all connections looked at.
    const burst = this.#growBurst();
    if (queue.queuedBytes - burst.refusedBytes >= OFFER_BYTES) this.drained();
    else if (queue.queuedBytes >= BURST_BYTES) this.#write();
    else this.#requestFlush();
    if (this.#state === "full") this.#countHeld();
    if (queue.queuedBytes <= limits.softQueueBytes) return true;
    if (queue.queuedBytes - burst.largestBytes > limits.hardQueueBytes) {
      this.#cut(peerTooSlow(queue.queuedBytes, limits.hardQueueBytes));
    } else if (!this.#isLong) {
      this.#isLong = true;
      this.#owner.queueIsLong(true);
    }
    return false;
  }

  /** Counts what was appended to this turn's burst. */
  #growBurst(): Burst {
    const { queuedBytes, sentBytes } = this.queue;
    const turn = this.#endpoint.loopTurns.current;
    const total = queuedBytes + sentBytes;
    this.#burst ??= new Burst(turn, total, queuedBytes);
    this.#burst.grow(turn, total);
    return this.#burst;
  }

  /** `roomBytes` where all connections together hold nearly as much as they may: nothing more for a burst. */
  #scarceBytes(): number {
    const { memory, limits, loopTurns } = this.#endpoint;
    const addedBytes = this.#burst?.addedBytes(loopTurns.current) ?? 0;
    const isRefused = memory.isFull || addedBytes > limits.hardQueueBytes;
    return isRefused ? 0 : memory.maxBytes - this.queue.queuedBytes;
  }

  /** Bytes that a full socket has not taken count against what all connections may hold. */
  #countHeld(): void {
    const { memory } = this.#endpoint;
    const { budgetBytes } = this.queue;
    const grownBytes = budgetBytes - this.#countedBytes;
    this.#countedBytes = budgetBytes;
    if (grownBytes > 0 && memory.add(grownBytes)) memory.relieve();
  }

  #requestFlush(): void {
    if (this.#state !== "idle") return;
    this.#state = "scheduled";
    this.#endpoint.flushes.schedule(this);
  }

  #write(): void {
    const socket = this.#socket;
    if (socket === undefined || this.#state === "full" || this.#state === "shut") return;
    const { softQueueBytes, writeStallMs } = this.#endpoint.limits;
    const queuedBefore = this.queue.queuedBytes;
    let result: FlushResult;
    try {
      result = (this.#cutQueue ?? this.queue).flush(socket);
    } catch (error) {
      this.#enterClosed(socketLost(error), "terminate");
      return;
    }
    if (this.#state === "closed") return;
    if (result === "closed") {
      this.#enterClosed(socketLost(), "terminate");
      return;
    }
    if (result === "full") {
      this.#state = "full";
      if (this.#burst !== undefined) this.#burst.refusedBytes = this.queue.queuedBytes;
      this.#countHeld();
      if (this.#socket === undefined) return;
    } else {
      this.#countedBytes = 0;
      this.#burst = undefined;
    }
    if (this.queue.queuedBytes <= softQueueBytes) this.#becomeShort();
    if (this.#closeReason !== undefined) {
      if (result === "empty" && this.#isFinished) this.#shutOurHalf(socket, this.#closeReason);
      // The deadline of a peer that was too slow does not begin again when it takes something.
      else if (this.#cutQueue === undefined && this.queue.queuedBytes < queuedBefore)
        this.#allow(writeStallMs);
    } else if (result === "empty") {
      this.#deadlines?.end();
    } else if (this.queue.queuedBytes < queuedBefore || this.#deadlines?.isRunning !== true) {
      this.#allow(writeStallMs);
    }
  }

  #becomeShort(): void {
    this.#deadlines?.becameShort();
    this.#ready?.resolve();
    this.#ready = undefined;
    if (!this.#isLong) return;
    this.#isLong = false;
    this.#owner.queueIsLong(false);
  }

  /** Everything has left. A bare `end` would lose it to a peer that is still sending, so the peer's end is awaited. */
  #shutOurHalf(socket: ByteSocket, reason: CloseReason): void {
    if (this.#hasPeerEnded) {
      this.#enterClosed(reason, "end");
      return;
    }
    this.#state = "shut";
    this.#allow(this.#endpoint.limits.lingerMs);
    quietly(() => socket.shutdown());
  }

  /** Sets the deadline of the peer, `delayMs` from now. */
  #allow(delayMs: number): void {
    this.#madeDeadlines.begin(this.#endpoint.sweep.now(), delayMs);
  }

  get #madeDeadlines(): WriteDeadlines {
    this.#deadlines ??= new WriteDeadlines(this.#endpoint.limits);
    return this.#deadlines;
  }

  #missDeadline(waitedMs: number): void {
    if (this.#closeReason !== undefined) {
      const hasLeft = this.#state === "shut" || this.queue.queuedBytes === 0;
      this.#enterClosed(this.#closeReason, hasLeft ? "end" : "terminate");
      return;
    }
    const { writeStallMs, peerRestMs } = this.#endpoint.limits;
    const isLongGone = waitedMs >= peerRestMs;
    this.#cut(writeTimedOut(isLongGone ? peerRestMs : writeStallMs, this.queue.queuedBytes));
  }

  /**
   * Ends the connection of a peer that is too slow: the frame that has begun still leaves, and an `$error`
   * behind it, where the peer takes them within `lingerMs`. One whose end has begun before is reset.
   */
  #cut(reason: CloseReason): void {
    if (this.#closeReason !== undefined || this.#socket === undefined) {
      this.#enterClosed(reason, "terminate");
      return;
    }
    this.#closeReason = reason;
    this.#isFinished = true;
    this.#cutQueue = this.queue.cut(this.#owner.writerCut(reason));
    this.#ready?.reject(connectionClosed("wait for room", reason));
    this.#ready = undefined;
    this.#allow(this.#endpoint.limits.lingerMs);
    this.#requestFlush();
  }

  #enterClosed(reason: CloseReason, leaving?: Leaving): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    const socket = this.#socket;
    this.#socket = undefined;
    this.#ready?.reject(connectionClosed("wait for room", reason));
    this.#ready = undefined;
    if (this.#isLong) {
      this.#isLong = false;
      this.#owner.queueIsLong(false);
    }
    this.#owner.writerClosed(reason, () => this.queue.unsent());
    this.queue.clear();
    if (leaving === "end") quietly(() => socket?.end());
    if (leaving === "terminate") quietly(() => socket?.terminate());
  }
}

/** How a socket is left: written bytes still arrive (`end`), or are lost (`terminate`). */
type Leaving = "end" | "terminate";

/** Calls `leave` on a socket that may be closing, and may throw because of that. */
function quietly(leave: () => void): void {
  try {
    leave();
  } catch {
    // A socket that cannot be left is closed already.
  }
}
