// What a server publishes, on its way to the bus: the messages of one turn in one batch, numbered when they leave,
// held while the bus is away, and kept until it has answered, for the next line. Owns the frames that it is given.
//
// A number is used for every message, also for one that had no room: so the others see the gap.

import { encodeBusMessage, HEAD_BYTES } from "./bus-messages.ts";
import { Fifo } from "./fifo.ts";
import { partsOf } from "./parts.ts";

/** A batch takes frames up to this, with the frame in front of them 64 KiB; or one larger frame. */
const BATCH_BYTES = 64 * 1024 - HEAD_BYTES;

/** What waits for the bus, or for its answer: beyond it, messages are dropped. Answers a bus that is away for long. */
export const HELD_BYTES = 16 * 1024 * 1024;

/** So much may be handed over beyond the last answer. Answers a bus that takes everything and has stopped. */
export const CREDIT_BYTES = 4 * 1024 * 1024;

/** After so much an answer is asked for; else at each beat. */
const ASK_BYTES = 256 * 1024;

/** Memory of a frame itself, beside its bytes. */
const FRAME_MEMORY_BYTES = 64;

/** Streams that are numbered at once: beyond it numbers begin anew. Answers topics that are named after users. */
const MOST_STREAMS = 262_144;

/** Where the numbers of one topic are. */
interface Stream {
  /** The last that is used. */
  last: number;
  /** The last that has been handed to the bus: what beats may tell. */
  told: number;
}

/** Frames of one topic that leave together. */
interface OpenBatch {
  readonly topic: string;
  readonly drop: boolean;
  readonly frames: Uint8Array[];
  bytes: number;
  heldBytes: number;
  /** Messages before it that had no room. */
  readonly skipped: number;
}

/** A batch that was handed over and not answered yet. */
interface SentBatch {
  readonly topic: string;
  readonly first: number;
  readonly last: number;
  readonly bytes: Uint8Array;
}

/** What an outbox asks of its line. */
export interface OutboxLine {
  readonly node: string;
  /** Hands a batch of `topic` over. */
  send(topic: string, bytes: Uint8Array): void;
  /** Asks the bus for an answer; the outbox hears of it by `answered`. */
  ask(): void;
  /** The number of `topic` has changed. */
  numbered(topic: string): void;
  /** Numbers begin anew: the last of the old ones have to be told before, and the beginning after. */
  turnEpoch(turn: () => void): void;
}

/** One for each server. */
export class Outbox {
  readonly #line: OutboxLine;
  readonly #mostStreams: number;
  readonly #streams = new Map<string, Stream>();
  /** In the order in which they were opened. */
  #waiting = new Fifo<OpenBatch>();
  /** Of each topic, the waiting batch that still takes frames. */
  readonly #open = new Map<string, OpenBatch>();
  /** Messages that had no room, and that no later batch counts yet. */
  readonly #skipped = new Map<string, number>();
  /** Handed over, in order; not answered. */
  #sent = new Fifo<SentBatch>();
  /** Of those, what the line lost may have had: to be handed over again, first. */
  #again = new Fifo<SentBatch>();
  #sentBytes = 0;
  #heldBytes = 0;
  #askedBytes = 0;
  #flows = false;
  #isAsked = false;
  #isScheduled = false;
  epoch = 1;
  /** The most that the bus takes in one message. What waits is cut to it as it leaves; a larger frame is dropped. */
  maxMessageBytes = Infinity;
  batchesSent = 0;
  messagesSent = 0;
  messagesDropped = 0;

  /** `mostStreams` is for tests. */
  constructor(line: OutboxLine, mostStreams = MOST_STREAMS) {
    this.#line = line;
    this.#mostStreams = mostStreams;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Whether all that was published has left and been answered. */
  get isEmpty(): boolean {
    return this.#waiting.size + this.#sent.size + this.#again.size + this.#skipped.size === 0;
  }

  /** Whether no answer is waited for. */
  get isAnswered(): boolean {
    return !this.#isAsked;
  }

  get streams(): ReadonlyMap<string, unknown> {
    return this.#streams;
  }

  /** The last number of `topic` that the bus has been given; 0 for none. */
  toldOf(topic: string): number {
    return this.#streams.get(topic)?.told ?? 0;
  }

  publish(topic: string, frame: Uint8Array, drop: boolean): void {
    const heldBytes = frame.length + FRAME_MEMORY_BYTES;
    if (this.#heldBytes + heldBytes > HELD_BYTES) {
      this.#skip(topic, 1);
    } else {
      this.#heldBytes += heldBytes;
      const batch = this.#batchFor(topic, frame.length, drop);
      batch.frames.push(frame);
      batch.bytes += frame.length;
      batch.heldBytes += heldBytes;
    }
    if (!this.#flows || this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.pump();
    });
  }

  /** The line carries messages, and those for whom they are listen. */
  flow(): void {
    this.#flows = true;
    this.pump();
  }

  /** The line is lost, and with it perhaps what was not answered. */
  stop(): void {
    this.#flows = false;
    this.#isAsked = false;
    const again = new Fifo<SentBatch>();
    for (const batch of this.#sent) again.push(batch);
    for (const batch of this.#again) again.push(batch);
    // The earliest of each topic counts, so it is set last.
    for (const { topic, first } of [...again].toReversed()) {
      const stream = this.#streams.get(topic);
      if (stream !== undefined) stream.told = first - 1;
    }
    this.#again = again;
    this.#sent = new Fifo();
    this.#sentBytes = 0;
  }

  /** There will be no line any more: what has not been handed over is dropped. */
  abandon(): void {
    this.stop();
    for (const { frames } of this.#waiting) this.messagesDropped += frames.length;
    this.#waiting = new Fifo();
    this.#again = new Fifo();
    this.#open.clear();
    this.#heldBytes = 0;
  }

  /** Asks for an answer, where something waits for one. */
  ask(): void {
    if (!this.#flows || this.#isAsked || this.#sent.size === 0) return;
    this.#isAsked = true;
    this.#askedBytes = 0;
    this.#line.ask();
  }

  /** How much an answer that is asked for now will answer. */
  get mark(): number {
    return this.#sent.size;
  }

  /** The bus has the first `mark` of what was handed over. Not after `stop`. */
  answered(mark: number): void {
    this.#isAsked = false;
    for (let count = 0; count < mark; count += 1) {
      const batch = this.#sent.shift();
      if (batch === undefined) break;
      this.#sentBytes -= batch.bytes.length;
      this.#heldBytes -= batch.bytes.length;
    }
    this.pump();
  }

  /** Hands over what there is credit for. */
  pump(): void {
    if (!this.#flows) return;
    this.#pumpAgain();
    while (this.#flows && this.#again.size === 0 && !this.#isTurning()) {
      const batch = this.#waiting.peek();
      if (batch === undefined) break;
      if (this.#sentBytes > 0 && this.#sentBytes + batch.bytes > CREDIT_BYTES) break;
      this.#waiting.shift();
      this.#close(batch);
      this.#number(batch);
    }
    if (this.#waiting.size === 0 && this.#again.size === 0) this.#useSkipped();
    if (this.#flows && (this.#askedBytes >= ASK_BYTES || this.#isTurning())) this.ask();
  }

  #pumpAgain(): void {
    while (this.#flows) {
      const batch = this.#again.peek();
      if (batch === undefined) return;
      if (batch.bytes.length > this.maxMessageBytes) {
        this.#again.shift();
        this.#heldBytes -= batch.bytes.length;
        this.#drop(batch.topic, batch.first, batch.last);
        continue;
      }
      if (this.#sentBytes > 0 && this.#sentBytes + batch.bytes.length > CREDIT_BYTES) return;
      this.#again.shift();
      this.#send(batch);
    }
  }

  /** Whether numbers have to begin anew, and what has the old ones is not answered yet. */
  #isTurning(): boolean {
    if (this.#streams.size < this.#mostStreams) return false;
    if (this.#sent.size > 0) return true;
    this.#line.turnEpoch(() => {
      this.#streams.clear();
      this.epoch += 1;
    });
    return false;
  }

  #batchFor(topic: string, frameBytes: number, drop: boolean): OpenBatch {
    const open = this.#open.get(topic);
    if (open !== undefined && open.drop === drop && open.bytes + frameBytes <= BATCH_BYTES) {
      return open;
    }
    const skipped = this.#skipped.get(topic) ?? 0;
    this.#skipped.delete(topic);
    const batch: OpenBatch = { topic, drop, frames: [], bytes: 0, heldBytes: 0, skipped };
    this.#open.set(topic, batch);
    this.#waiting.push(batch);
    return batch;
  }

  /** Messages without room: what follows them stands in another batch. */
  #skip(topic: string, count: number): void {
    this.messagesDropped += count;
    this.#open.delete(topic);
    this.#skipped.set(topic, (this.#skipped.get(topic) ?? 0) + count);
  }

  #close(batch: OpenBatch): void {
    if (this.#open.get(batch.topic) === batch) this.#open.delete(batch.topic);
  }

  #number({ topic, drop, frames, bytes, heldBytes, skipped }: OpenBatch): void {
    this.#streamOf(topic).last += skipped;
    this.#heldBytes -= heldBytes;
    const most = this.maxMessageBytes - HEAD_BYTES;
    if (bytes <= most) this.#numberPart(topic, drop, frames, bytes);
    else
      for (const part of partsOf(frames, most))
        this.#numberPart(topic, drop, part.frames, part.bytes);
  }

  /** As many frames as one message of the bus takes. */
  #numberPart(topic: string, drop: boolean, frames: readonly Uint8Array[], bytes: number): void {
    const stream = this.#streamOf(topic);
    const count = frames.length;
    const first = stream.last + 1;
    stream.last += count;
    const { node } = this.#line;
    const head = { type: "$batch", node, epoch: this.epoch, first, count } as const;
    const message = encodeBusMessage(drop ? { ...head, drop } : head, frames, bytes);
    if (message.length > this.maxMessageBytes) {
      this.#drop(topic, first, stream.last);
      return;
    }
    this.#heldBytes += message.length;
    this.batchesSent += 1;
    this.messagesSent += count;
    this.#send({ topic, first, last: stream.last, bytes: message });
  }

  /** The bus does not take them; the others are told of their numbers. */
  #drop(topic: string, first: number, last: number): void {
    this.messagesDropped += last - first + 1;
    this.#streamOf(topic).told = last;
    this.#line.numbered(topic);
  }

  #send(batch: SentBatch): void {
    const { topic, last, bytes } = batch;
    this.#sent.push(batch);
    this.#sentBytes += bytes.length;
    this.#askedBytes += bytes.length;
    this.#streamOf(topic).told = last;
    this.#line.numbered(topic);
    this.#line.send(topic, bytes);
  }

  /** Nothing waits that could count them. */
  #useSkipped(): void {
    for (const [topic, count] of this.#skipped) {
      const stream = this.#streamOf(topic);
      stream.last += count;
      stream.told = stream.last;
      this.#line.numbered(topic);
    }
    this.#skipped.clear();
  }

  #streamOf(topic: string): Stream {
    let stream = this.#streams.get(topic);
    if (stream === undefined) {
      stream = { last: 0, told: 0 };
      this.#streams.set(topic, stream);
    }
    return stream;
  }
}
