// The sending half of a connection: messages in, frames out to the queue, which owns them from then on.
// Answers for the program's mistakes: what is no message of this side, or is too large for the peer; what
// cannot leave for another reason is undelivered. Whether the connection may send at all is the connection's
// to know.

import {
  type AnyMessage,
  type CallMessage,
  type Codec,
  type ControlMessage,
  decodeHeader,
  HEADER_BYTES,
  type MessageLimits,
  TypewireError,
} from "@typewire/protocol";
import { ByteWriter } from "@typewire/protocol/internal";

import { connectionClosed, type OwnControlMessage, peerEndedItsHalf } from "../close-reason.ts";
import type { Connection } from "../connection.ts";
import type { Handshake } from "../handshake/handshake.ts";
import { oneLine } from "../text.ts";
import { FORWARDED } from "../type-counts.ts";
import type { BufferPool } from "./buffer-pool.ts";
import { encodeFitting } from "./fitting-words.ts";
import type { FrameSizes } from "./frame-sizes.ts";
import { fitsRun, framesOf, type Run } from "./run.ts";
import type { UnsentRun } from "./segment.ts";
import type { SocketWriter } from "./socket-writer.ts";
import { isTooLarge, refusalOf } from "./too-large.ts";
import { type Reporter, Undelivered } from "./undelivered.ts";

const DOLLAR = 0x24;

/** The endpoint as its senders see it. */
export interface SenderEndpoint<Outgoing extends AnyMessage> extends Reporter<Outgoing> {
  /** `$ping` as bytes. */
  readonly pingFrame: Uint8Array;
  readonly frameSizes: FrameSizes;
  readonly buffers: BufferPool;
}

/** Encodes messages in the form of a call: one for a connection, so that a message costs no object. */
class InFormOfCall {
  callName = "";
  readonly #codec: Pick<Codec<AnyMessage>, "encodeCallInto">;

  constructor(codec: Pick<Codec<AnyMessage>, "encodeCallInto">) {
    this.#codec = codec;
  }

  encodeInto(message: AnyMessage, writer: ByteWriter, limits?: MessageLimits): void {
    // What is appended here is of a call.
    this.#codec.encodeCallInto(message as CallMessage, this.callName, writer, limits);
  }
}

/** Writes one stream of frames: that of the connection `self`. */
export class Sender<Outgoing extends AnyMessage> {
  readonly #endpoint: SenderEndpoint<Outgoing>;
  readonly #handshake: Handshake;
  readonly #writer: SocketWriter;
  readonly #self: Connection<Outgoing>;
  #messagesSent = 0;
  /** Made at the first. */
  #undelivered: Undelivered<Outgoing> | undefined;
  /** Made at the first. */
  #inForm: InFormOfCall | undefined;

  constructor(
    endpoint: SenderEndpoint<Outgoing>,
    handshake: Handshake,
    writer: SocketWriter,
    self: Connection<Outgoing>,
  ) {
    this.#endpoint = endpoint;
    this.#handshake = handshake;
    this.#writer = writer;
    this.#self = self;
  }

  /** Messages sent, control messages not counted. */
  get messagesSent(): number {
    return this.#messagesSent;
  }

  /** See `ConnectionStats`. */
  get messagesUndelivered(): number {
    return this.#undelivered?.count ?? 0;
  }

  /** See `Connection.send`. */
  send(message: Outgoing): boolean {
    refuseControlMessage(message);
    const writer = this.#writer;
    const { queue, roomBytes } = writer;
    // A buffer of the queue's would hold memory for a message that is not taken.
    if (roomBytes <= 0) return this.drop(message, () => this.#queueFull());
    const queuedBefore = queue.queuedBytes;
    const limits = this.#handshake.peerLimits;
    const { outgoing } = this.#endpoint;
    let appended: ReturnType<typeof queue.append>;
    try {
      appended = queue.append(outgoing, message, limits, roomBytes);
    } catch (error) {
      if (isTooLarge(error)) this.#toldUndelivered.addMessage(message, error);
      throw error;
    }
    const { bytes, length } = appended;
    if (writer.isClosed) {
      // A getter of the message has ended the connection.
      const reason = this.#self.closeReason ?? peerEndedItsHalf;
      return this.drop(message, () => connectionClosed("send", reason));
    }
    const frameBytes = queue.queuedBytes - queuedBefore;
    if (frameBytes === 0) {
      const end = length + HEADER_BYTES + decodeHeader(bytes, length);
      this.#toldUndelivered.addFrame(bytes.subarray(length, end), () => this.#queueFull());
      writer.commit();
      return false;
    }
    this.#messagesSent += 1;
    const { observers, tally } = this.#endpoint;
    tally.sent.add(message.type);
    const { onSent } = observers;
    if (onSent !== undefined) {
      onSent(this.#self, message, bytes, length - frameBytes, length);
    }
    return writer.commit();
  }

  /**
   * Takes a message that cannot leave because of `why`: checks it as `send` does, counts it and tells of it.
   * Returns false.
   */
  drop(message: Outgoing, why: () => TypewireError): boolean {
    refuseControlMessage(message);
    const { outgoing, buffers } = this.#endpoint;
    const scratch = buffers.take();
    try {
      outgoing.encodeInto(message, scratch, this.#handshake.peerLimits);
      this.#toldUndelivered.addFrame(scratch.bytes.subarray(0, scratch.length), why);
    } catch (error) {
      if (isTooLarge(error)) this.#toldUndelivered.addMessage(message, error);
      throw error;
    } finally {
      buffers.give(scratch);
    }
    return false;
  }

  /** The same for a ready-made frame. */
  dropFrame(frame: Uint8Array, why: () => TypewireError): boolean {
    this.#requireAccepted(frame);
    this.#toldUndelivered.addFrame(frame, why);
    return false;
  }

  /** The connection ends because of `why`: what its writer has not handed to the socket is undelivered. */
  dropUnsent(unsent: () => Iterable<UnsentRun>, why: () => TypewireError): void {
    this.#toldUndelivered.addUnsent(unsent, why);
  }

  /** See `LiveConnection.sendFrame`. */
  sendFrame(frame: Uint8Array, message: Outgoing | undefined): boolean {
    this.#requireAccepted(frame);
    if (frame.length > this.#writer.roomBytes) {
      this.#toldUndelivered.addFrame(frame, () => this.#queueFull());
      return false;
    }
    this.#writer.queue.appendFrame(frame);
    this.#messagesSent += 1;
    this.#endpoint.tally.sent.add(message?.type ?? FORWARDED);
    if (message !== undefined) {
      this.#endpoint.observers.onSent?.(this.#self, message, frame, 0, frame.length);
    }
    return this.#writer.commit();
  }

  /**
   * See `LiveConnection.sendRun`. One segment of the queue where the peer takes all of it; else frame by frame, and
   * so where an observer asks for each message.
   */
  sendRun(run: Run): boolean {
    const writer = this.#writer;
    const { bytes, count, largestPayloadBytes } = run;
    const isWhole =
      this.#endpoint.observers.onSent === undefined && bytes.length <= writer.roomBytes;
    if (!isWhole || !fitsRun(run, this.#handshake.peerLimits)) return this.#sendEach(run);
    writer.queue.appendFrame(bytes, HEADER_BYTES + largestPayloadBytes);
    this.#messagesSent += count;
    this.#endpoint.tally.sent.add(FORWARDED, count);
    return writer.commit();
  }

  /** A run that cannot leave because of `why`: counts each message and tells of it. */
  dropRun({ bytes }: Run, why: () => TypewireError): void {
    this.#toldUndelivered.addFrame(bytes, why);
  }

  #sendEach(run: Run): boolean {
    let hasRoom = true;
    for (const frame of framesOf(run)) {
      try {
        hasRoom = this.sendFrame(frame, this.#readForObserver(frame));
      } catch (error) {
        // It has been counted and told.
        if (!isTooLarge(error)) throw error;
      }
    }
    return hasRoom;
  }

  /** What a frame says; undefined where no observer asks, or where it is of a program with other schemas. */
  #readForObserver(frame: Uint8Array): Outgoing | undefined {
    const { outgoing, observers } = this.#endpoint;
    if (observers.onSent === undefined) return undefined;
    try {
      return outgoing.decode(frame, HEADER_BYTES);
    } catch {
      return undefined;
    }
  }

  /** Sends a control message. */
  answer(message: OwnControlMessage): void {
    this.#append(message);
    this.#writer.commit();
  }

  /**
   * Sends a message with a value of the call `callName`.
   *
   * @throws TypewireError as `Codec.encodeCallInto`; nothing is sent then.
   */
  sendOfCall(message: CallMessage, callName: string): void {
    this.appendOfCall(message, callName);
    this.#writer.commit();
  }

  /**
   * Queues a message of the call `callName`, to be followed by the writer's `commit`.
   *
   * @throws TypewireError as `Codec.encodeCallInto`; nothing is queued then.
   */
  appendOfCall(message: CallMessage | ControlMessage, callName: string): void {
    const { outgoing } = this.#endpoint;
    const limits = this.#handshake.peerLimits;
    if (message.type === "$call" || message.type === "$item" || message.type === "$result") {
      this.#inForm ??= new InFormOfCall(outgoing);
      this.#inForm.callName = callName;
      this.#writer.queue.append(this.#inForm, message, limits);
    } else {
      this.#writer.queue.append(outgoing, message, limits);
    }
  }

  /** Asks the peer whether it is alive. */
  ping(): void {
    this.#writer.queue.appendFrame(this.#endpoint.pingFrame);
    this.#writer.commit();
  }

  /** Queues the last message before the end, which the writer's `close` and `finish` bring out. */
  appendLast(message: OwnControlMessage): void {
    // Where a getter of a message that is being sent has closed the connection, nothing can be appended.
    if (!this.#writer.queue.isEncoding) this.#append(message);
  }

  /** A control message as a frame of its own, for the writer's `cut`; empty where the peer takes none of its size. */
  frameOf(message: OwnControlMessage): Uint8Array {
    const frame = new ByteWriter();
    encodeFitting(message, this.#handshake.peerLimits.maxFrameBytes, (said, limits) => {
      this.#endpoint.outgoing.encodeInto(said, frame, limits);
    });
    return frame.copy();
  }

  #queueFull(): TypewireError {
    const { queuedBytes } = this.#writer.queue;
    const message = `Cannot send: ${queuedBytes} bytes wait for the peer, and all connections together hold as much as they may`;
    return new TypewireError("queue-full", message);
  }

  get #toldUndelivered(): Undelivered<Outgoing> {
    this.#undelivered ??= new Undelivered(this.#endpoint, this.#self);
    return this.#undelivered;
  }

  /** Appends a control message. */
  #append(message: OwnControlMessage): void {
    encodeFitting(message, this.#handshake.peerLimits.maxFrameBytes, (said, limits) => {
      this.#writer.queue.append(this.#endpoint.outgoing, said, limits);
    });
  }

  /** The program may send what the peer accepts, whatever this side's own limits are. */
  #requireAccepted(frame: Uint8Array): void {
    const why = refusalOf(frame, this.#handshake.peerLimits, this.#endpoint.frameSizes);
    if (why === undefined) return;
    this.#toldUndelivered.addFrame(frame, () => why);
    throw why;
  }
}

/** Refuses control messages, which the connection alone sends, where a program has got past the types. */
function refuseControlMessage(message: { readonly type?: unknown } | null | undefined): void {
  const type = message?.type;
  if (typeof type !== "string" || type.charCodeAt(0) !== DOLLAR) return;
  throw new TypewireError("unknown-type", `Cannot send "${oneLine(type)}": names with $ are ours`, {
    path: "/type",
  });
}
