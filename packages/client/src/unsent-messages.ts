// What was sent on a connection that ended, and has not left: kept and sent again first thing on the next
// connection, or given up, which its user is told. Nothing is told and kept as well, and nothing is sent twice.

import { type AnyMessage, TypewireError } from "@typewire/protocol";

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
type GivenUp<Message, Connection> = (
  connection: Connection,
  messages: readonly Message[],
  why: TypewireError,
) => void;

export class UnsentMessages<Message extends AnyMessage, Connection extends Sender<Message>> {
  readonly #givenUp: GivenUp<Message, Connection>;
  /** In order. At most what the queues of two connections hold. */
  #kept: readonly Run<Message, Connection>[] = [];

  /** `givenUp` is told what will not be sent any more, with the connection that it was last sent on. */
  constructor(givenUp: GivenUp<Message, Connection>) {
    this.#givenUp = givenUp;
  }

  /** Keeps what was sent on a connection that ends, and has not left whole. */
  keep(connection: Connection, messages: readonly Message[], why: TypewireError): void {
    this.#kept = [...this.#kept, { connection, messages, why }];
  }

  /** Sends what is kept. What does not leave now either comes back through `keep`. */
  sendOn(connection: Connection): void {
    const kept = this.#kept;
    this.#kept = [];
    for (const [at, { connection: last, messages, why }] of kept.entries()) {
      for (const [index, message] of messages.entries()) {
        if (connection.closeReason !== undefined) {
          // Those before it have come back already.
          const rest = { connection: last, messages: messages.slice(index), why };
          this.#kept = [...this.#kept, rest, ...kept.slice(at + 1)];
          return;
        }
        try {
          connection.send(message);
        } catch (error) {
          if (!(error instanceof TypewireError)) throw error;
          // The server takes less than before.
          this.#givenUp(last, [message], error);
        }
      }
    }
  }

  /** There will be no other connection. */
  giveUp(): void {
    const kept = this.#kept;
    this.#kept = [];
    for (const { connection, messages, why } of kept) this.#givenUp(connection, messages, why);
  }
}
