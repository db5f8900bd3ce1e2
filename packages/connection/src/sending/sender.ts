// The sending half of a connection: messages in, frames out to the writer, which owns them from then on.
// Answers for the program's mistakes: what is no message of this side, or is too large for the peer. Whether
// the connection may send at all is the connection's to know.

import { type AnyMessage, type Codec, HEADER_BYTES, TypewireError } from "@typewire/protocol";

import { type OwnControlMessage, shortened } from "../close-reason.ts";
import type { Connection } from "../connection.ts";
import type { Handshake } from "../handshake/handshake.ts";
import type { Observers } from "../observers.ts";
import { oneLine } from "../text.ts";
import type { SocketWriter } from "./socket-writer.ts";

const DOLLAR = 0x24;

/** The endpoint as its senders see it. */
export interface SenderEndpoint<Outgoing extends AnyMessage> {
  readonly outgoing: Codec<Outgoing>;
  /** `$ping` as bytes. */
  readonly pingFrame: Uint8Array;
  readonly observers: Pick<Observers<Outgoing, never>, "onSent">;
}

/** Writes one stream of frames: that of the connection `self`. */
export class Sender<Outgoing extends AnyMessage> {
  readonly #endpoint: SenderEndpoint<Outgoing>;
  readonly #handshake: Handshake;
  readonly #writer: SocketWriter;
  readonly #self: Connection<Outgoing>;
  #messagesSent = 0;

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

  /** See `Connection.send`. */
  send(message: Outgoing): boolean {
    refuseControlMessage(message);
    const writer = this.#writer;
    const queuedBefore = writer.queuedBytes;
    const limit = this.#handshake.peerHello?.maxFrameBytes;
    const { bytes, length } = writer.append(this.#endpoint.outgoing, message, limit);
    this.#messagesSent += 1;
    const { onSent } = this.#endpoint.observers;
    if (onSent !== undefined) {
      const frameBytes = writer.queuedBytes - queuedBefore;
      onSent(this.#self, message, bytes, length - frameBytes, length);
    }
    return writer.commit();
  }

  /** See `LiveConnection.sendFrame`. */
  sendFrame(frame: Uint8Array, message: Outgoing | undefined): boolean {
    const payloadBytes = frame.length - HEADER_BYTES;
    const limit = this.#handshake.peerHello?.maxFrameBytes ?? payloadBytes;
    if (payloadBytes > limit) {
      throw new TypewireError(
        "frame-too-large",
        `Cannot send: the message takes ${payloadBytes} bytes, the peer accepts ${limit}`,
      );
    }
    this.#writer.appendFrame(frame);
    this.#messagesSent += 1;
    if (message !== undefined) {
      this.#endpoint.observers.onSent?.(this.#self, message, frame, 0, frame.length);
    }
    return this.#writer.commit();
  }

  /** Sends a control message; one that is too large for the peer is shortened, and left out where that is not enough. */
  answer(message: OwnControlMessage): void {
    if (this.#appended(message) || this.#appended(shortened(message))) this.#writer.commit();
  }

  /** Asks the peer whether it is alive. */
  ping(): void {
    this.#writer.appendFrame(this.#endpoint.pingFrame);
    this.#writer.commit();
  }

  /** Queues the last message before the end, which the writer's `close` and `finish` bring out. */
  appendLast(message: OwnControlMessage): void {
    // Where a getter of a message that is being sent has closed the connection, nothing can be appended.
    if (this.#writer.isEncoding) return;
    if (!this.#appended(message)) this.#appended(shortened(message));
  }

  /** Appends a control message. Returns whether the peer takes one of this size. */
  #appended(message: OwnControlMessage): boolean {
    const limit = this.#handshake.peerHello?.maxFrameBytes;
    try {
      this.#writer.append(this.#endpoint.outgoing, message, limit);
      return true;
    } catch (error) {
      if (error instanceof TypewireError && error.code === "frame-too-large") return false;
      throw error;
    }
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
