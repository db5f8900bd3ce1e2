// What a client has been given to send and no connection has sent: what came back from a connection that ended,
// where the program wants it sent again, and what was sent while there was none. Leaves first thing on the
// next connection, or is given up, which the program is told. No message is told and kept as well, and none
// is sent twice. Keeps frames of its own, and what it is given to keep.

import { type Clock, isTooLarge } from "@typewire/connection";
import { type AnyMessage, type Codec, HEADER_BYTES, TypewireError } from "@typewire/protocol";
import { unlimited } from "@typewire/protocol/internal";

/**
 * Bytes of frames that wait while there is no connection: some ten thousand messages. Answers a program that
 * goes on sending for as long as its server is down.
 */
export const MAX_WAITING_BYTES = 1024 * 1024;

/** A connection as far as sending goes. */
interface Sender<Message> {
  readonly closeReason: unknown;
  send(message: Message): boolean;
}

/** Messages of one connection, in order. */
interface Run<Message, Connection> {
  readonly connection: Connection;
  readonly messages: readonly Message[];
  /** Why they have not left. */
  readonly why: TypewireError;
}

/** Told of messages that will not leave, and why. */
type Tell<Message, Connection> = (
  connection: Connection,
  messages: readonly Message[],
  why: TypewireError,
) => void;

/** The messages of one client that have not left. */
export class UnsentMessages<Message extends AnyMessage, Connection extends Sender<Message>> {
  readonly #codec: Codec<Message>;
  readonly #clock: Clock;
  readonly #tell: Tell<Message, Connection> | undefined;
  /** What has come back from connections, in order. At most what the queues of two of them hold. */
  #kept: readonly Run<Message, Connection>[] = [];
  /** What was sent while there was no connection, in order: the oldest goes in constant time. */
  readonly #waiting = new Set<Uint8Array>();
  #waitingBytes = 0;
  /** Whether the program is being told. */
  #isTelling = false;

  /** `tell` is told what will not be sent any more, with the connection that it was last meant for. */
  constructor(codec: Codec<Message>, clock: Clock, tell: Tell<Message, Connection> | undefined) {
    this.#codec = codec;
    this.#clock = clock;
    this.#tell = tell;
  }

  /** Keeps what was sent on a connection that ends, and has not left whole. */
  keep(connection: Connection, messages: readonly Message[], why: TypewireError): void {
    this.#kept = [...this.#kept, { connection, messages, why }];
  }

  /**
   * Takes a message that was sent after the end of `last`. The oldest make room for it and are given up.
   * Returns whether it took no message's place.
   *
   * @throws TypewireError as `Codec.encodeFrame`.
   */
  wait(last: Connection, message: Message): boolean {
    // What the server accepts is known once it is there.
    const frame = this.#codec.encodeFrame(message, unlimited);
    if (frame.length > MAX_WAITING_BYTES) {
      this.#report(last, [this.#messageOf(frame)], tooMuchWaits());
      return false;
    }
    this.#waiting.add(frame);
    this.#waitingBytes += frame.length;
    if (this.#waitingBytes <= MAX_WAITING_BYTES) return true;
    const outdated: Message[] = [];
    for (const oldest of this.#waiting) {
      if (this.#waitingBytes <= MAX_WAITING_BYTES) break;
      this.#take(oldest);
      outdated.push(this.#messageOf(oldest));
    }
    this.#report(last, outdated, tooMuchWaits());
    return false;
  }

  /**
   * Gives a message up at once, as it is, because of `why`.
   *
   * @throws TypewireError as `Codec.encodeFrame`.
   */
  refuse(last: Connection, message: Message, why: TypewireError): void {
    const frame = this.#codec.encodeFrame(message, unlimited);
    this.#report(last, [this.#messageOf(frame)], why);
  }

  /** Sends what is kept, then what waits. What does not leave now either comes back through `keep`. */
  sendOn(connection: Connection): void {
    const kept = this.#kept;
    this.#kept = [];
    for (const [at, { messages, ...run }] of kept.entries()) {
      for (const [index, message] of messages.entries()) {
        if (connection.closeReason !== undefined) {
          // Those before it have come back already.
          const rest = { ...run, messages: messages.slice(index) };
          this.#kept = [...this.#kept, rest, ...kept.slice(at + 1)];
          return;
        }
        send(connection, message);
      }
    }
    // A copy: what is sent meanwhile, by an observer that is told of a message too large, waits for the next one.
    const waiting = [...this.#waiting];
    for (const frame of waiting) {
      if (connection.closeReason !== undefined) return;
      this.#take(frame);
      send(connection, this.#messageOf(frame));
    }
  }

  /** There will be no other connection than `last`: `why` says so of what has waited for one. */
  giveUp(last: Connection, why: TypewireError): void {
    const kept = this.#kept;
    this.#kept = [];
    for (const run of kept) this.#report(run.connection, run.messages, run.why);
    const messages = [...this.#waiting].map((frame) => this.#messageOf(frame));
    this.#waiting.clear();
    this.#waitingBytes = 0;
    if (messages.length > 0) this.#report(last, messages, why);
  }

  /**
   * Tells at once, and what that makes the program send in vain a moment later: a program that sends
   * again all that was not delivered would else never come to its end.
   */
  #report(connection: Connection, messages: readonly Message[], why: TypewireError): void {
    if (this.#tell === undefined) return;
    if (this.#isTelling) {
      this.#clock.after(1, () => this.#report(connection, messages, why));
      return;
    }
    this.#isTelling = true;
    this.#tell(connection, messages, why);
    this.#isTelling = false;
  }

  #take(frame: Uint8Array): void {
    this.#waiting.delete(frame);
    this.#waitingBytes -= frame.length;
  }

  #messageOf(frame: Uint8Array): Message {
    // `encodeFrame` refuses control messages.
    return this.#codec.decodeIncoming(frame, HEADER_BYTES, frame.length, unlimited) as Message;
  }
}

function send<Message>(connection: Sender<Message>, message: Message): void {
  try {
    connection.send(message);
  } catch (error) {
    // The server takes less than what was sent before it was there, or less than before: the connection has
    // counted the message and told of it.
    if (!isTooLarge(error)) throw error;
  }
}

function tooMuchWaits(): TypewireError {
  return new TypewireError(
    "queue-full",
    `Cannot send: more than ${MAX_WAITING_BYTES} bytes would wait for the next connection`,
  );
}
