// The sending half of a connection: brings its queue to the socket, one write per turn of the event loop,
// over short writes and full sockets; says when the queue is too long; and when told that nothing
// follows, ends the socket without losing a byte. Knows frames only as bytes, and nothing of what is read.

import type { AnyMessage, ByteWriter, Codec, ControlMessage } from "@typewire/protocol";

import type { ByteSocket } from "./byte-socket.ts";
import type { Cancel } from "./clock.ts";
import { type CloseReason, connectionClosed, peerTooSlow, socketLost } from "./close-reason.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Flushable } from "./flush-scheduler.ts";
import { type FlushResult, OutputQueue } from "./output-queue.ts";

/** The name of what a writer tells its connection: a symbol, so that it is nobody else's to call. */
export const writerClosed = Symbol("writerClosed");

/** The connection as its writer sees it. */
export interface SocketWriterOwner {
  /** Called once, before the socket is touched: nothing more can be sent, for this reason. */
  [writerClosed](reason: CloseReason): void;
}

/** This much queued within one turn is written at once: waiting would only cost memory and cache. */
const INLINE_FLUSH_BYTES = 64 * 1024;

type Surroundings = Pick<
  Endpoint<AnyMessage, AnyMessage>,
  "limits" | "clock" | "scheduler" | "buffers"
>;

/**
 * Writes to one socket, from before it is there until it is gone.
 *
 * | in        | when                                     | then      | and the socket           |
 * | --------- | ---------------------------------------- | --------- | ------------------------ |
 * | idle      | commit, attach, finish                   | scheduled |                          |
 * | scheduled | flush, at the end of the turn            | idle      | write()                  |
 * | these two | a write falls short                      | full      |                          |
 * | full      | drained                                  | idle      | write()                  |
 * | these all | finish was called, the queue is empty    | shut      | shutdown()               |
 * |           | the same after the peer has ended        | closed    | end()                    |
 * |           | beginEnd was called, and nothing left    | closed    | end(), or with something |
 * |           | for writeStallMs                         |           | queued terminate()       |
 * | shut      | the peer ends, or lingerMs are over      | closed    | end()                    |
 * | any       | destroy, or the queue is too long        | closed    | terminate()              |
 * | any       | the socket is gone                       | closed    |                          |
 */
export class SocketWriter implements Flushable {
  readonly #surroundings: Surroundings;
  readonly #owner: SocketWriterOwner;
  readonly #queue: OutputQueue;
  #state: "idle" | "scheduled" | "full" | "shut" | "closed" = "idle";
  #socket: ByteSocket | undefined;
  /** Why the end has begun, once it has. */
  #ending: CloseReason | undefined;
  #isFinished = false;
  #hasPeerEnded = false;
  #deadline: Cancel | undefined;
  #ready: PromiseWithResolvers<void> | undefined;

  constructor(surroundings: Surroundings, owner: SocketWriterOwner) {
    this.#surroundings = surroundings;
    this.#owner = owner;
    this.#queue = new OutputQueue(surroundings.buffers);
  }

  /** Bytes that the socket has not taken yet. */
  get queuedBytes(): number {
    return this.#queue.queuedBytes;
  }

  /** Queues a message, to be followed by `commit`; see `OutputQueue.append`. */
  append<Message extends AnyMessage>(
    codec: Codec<Message>,
    message: Message | ControlMessage,
    maxFrameBytes?: number,
  ): ByteWriter {
    return this.#queue.append(codec, message, maxFrameBytes);
  }

  /** Queues a ready-made frame, to be followed by `commit`. */
  appendFrame(frame: Uint8Array): void {
    this.#queue.appendFrame(frame);
  }

  /** Sees to it that what was appended is written. False: the queue is above the soft limit. */
  commit(): boolean {
    const { limits } = this.#surroundings;
    if (this.queuedBytes >= INLINE_FLUSH_BYTES) this.#write();
    else this.#requestFlush();
    if (this.#queue.excessBytes > limits.hardQueueBytes) {
      this.#close(peerTooSlow(this.queuedBytes, limits.hardQueueBytes), "terminate");
      return false;
    }
    return this.queuedBytes <= limits.softQueueBytes;
  }

  /** Resolves when the queue is at most at the soft limit; rejected by `close`. */
  ready(): Promise<void> {
    if (this.queuedBytes <= this.#surroundings.limits.softQueueBytes) return Promise.resolve();
    if (this.#ready === undefined) {
      this.#ready = Promise.withResolvers();
      // Whoever waits hears of a rejection; when nobody does, it must not end the process.
      this.#ready.promise.catch(() => {});
    }
    return this.#ready.promise;
  }

  /** The socket is there. */
  attach(socket: ByteSocket): void {
    this.#socket = socket;
    this.#requestFlush();
  }

  /** Writes what is queued, instead of at the end of this turn. Never throws. */
  flush(): void {
    if (this.#state === "scheduled") this.#state = "idle";
    this.#write();
  }

  /** The socket takes bytes again; harmless when it always did. */
  drained(): void {
    if (this.#state === "full") this.#state = "idle";
    this.#write();
  }

  /** The end has begun, for this reason: from now on something has to leave every `writeStallMs`. */
  beginEnd(reason: CloseReason): void {
    this.#ending = reason;
    if (this.#socket === undefined) this.#close(reason);
    else this.#closeAfter(this.#surroundings.limits.writeStallMs, reason);
  }

  /** Nothing more will be appended: ends the socket once everything has left. Follows `beginEnd`. */
  finish(): void {
    this.#isFinished = true;
    this.#requestFlush();
  }

  /** The peer has ended its half: the socket closes as soon as ours has ended too. */
  peerEnded(): void {
    this.#hasPeerEnded = true;
    if (this.#state === "shut" && this.#ending !== undefined) this.#close(this.#ending, "end");
  }

  /** Drops what is queued and resets the socket. */
  destroy(reason: CloseReason): void {
    this.#close(reason, "terminate");
  }

  /** The socket has closed by itself. */
  detach(reason: CloseReason): void {
    this.#close(reason);
  }

  #requestFlush(): void {
    if (this.#state !== "idle") return;
    this.#state = "scheduled";
    this.#surroundings.scheduler.schedule(this);
  }

  #write(): void {
    const socket = this.#socket;
    if (socket === undefined || this.#state === "full" || this.#state === "shut") return;
    const { softQueueBytes, writeStallMs } = this.#surroundings.limits;
    const queuedBefore = this.queuedBytes;
    let result: FlushResult;
    try {
      result = this.#queue.flush(socket);
    } catch (error) {
      this.#close(socketLost(error), "terminate");
      return;
    }
    if (result === "closed") {
      this.#close(socketLost(), "terminate");
      return;
    }
    if (result === "full") this.#state = "full";
    if (this.queuedBytes <= softQueueBytes) {
      this.#ready?.resolve();
      this.#ready = undefined;
    }
    const reason = this.#ending;
    if (reason === undefined) return;
    if (result === "empty" && this.#isFinished) this.#endOurHalf(socket, reason);
    else if (this.queuedBytes < queuedBefore) this.#closeAfter(writeStallMs, reason);
  }

  /** Everything has left. A bare `end` now would lose it to a peer that is still sending: its end is awaited. */
  #endOurHalf(socket: ByteSocket, reason: CloseReason): void {
    if (this.#hasPeerEnded) {
      this.#close(reason, "end");
      return;
    }
    this.#state = "shut";
    this.#closeAfter(this.#surroundings.limits.lingerMs, reason);
    quietly(() => socket.shutdown());
  }

  #closeAfter(delayMs: number, reason: CloseReason): void {
    this.#deadline?.();
    this.#deadline = this.#surroundings.clock.after(delayMs, () => {
      this.#close(reason, this.queuedBytes === 0 ? "end" : "terminate");
    });
  }

  #close(reason: CloseReason, leaving?: Leaving): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    const socket = this.#socket;
    this.#socket = undefined;
    this.#deadline?.();
    this.#deadline = undefined;
    this.#queue.clear();
    this.#ready?.reject(connectionClosed("wait for room", reason));
    this.#ready = undefined;
    this.#owner[writerClosed](reason);
    if (leaving === "end") quietly(() => socket?.end());
    if (leaving === "terminate") quietly(() => socket?.terminate());
  }
}

/** How a socket is left: what was written still arrives, or is lost. */
type Leaving = "end" | "terminate";

/** A socket that closes in this moment may throw at what it no longer can do, and it need not. */
function quietly(leave: () => void): void {
  try {
    leave();
  } catch {
    // It is closed, which is what was asked for.
  }
}
