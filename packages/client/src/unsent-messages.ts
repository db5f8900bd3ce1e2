// What was sent on a connection that ended, and has not left: told to the user, or kept and sent again
// first thing on the next connection. Nothing is told and kept as well, and nothing is sent twice.

import { type AnyMessage, TypewireError } from "@typewire/protocol";

/** A connection as far as sending goes. */
interface Sender<Message> {
  send(message: Message): boolean;
}

export interface UnsentMessagesOptions<Message> {
  /** Whether they are kept. */
  readonly resend: boolean;
  readonly onUndelivered: ((messages: readonly Message[]) => void) | undefined;
}

export class UnsentMessages<Message extends AnyMessage> {
  readonly #options: UnsentMessagesOptions<Message>;
  /** In order. At most what the queues of two connections hold. */
  #kept: readonly Message[] = [];

  constructor(options: UnsentMessagesOptions<Message>) {
    this.#options = options;
  }

  /** These were sent on a connection that ends, and have not left whole. */
  take(messages: readonly Message[]): void {
    if (this.#options.resend) this.#kept = [...this.#kept, ...messages];
    else this.#options.onUndelivered?.(messages);
  }

  /** Sends what is kept. What does not leave now either comes back through `take`. */
  sendOn(connection: Sender<Message>): void {
    const kept = this.#kept;
    this.#kept = [];
    for (const [index, message] of kept.entries()) {
      try {
        connection.send(message);
      } catch (error) {
        if (!(error instanceof TypewireError)) throw error;
        if (error.code === "connection-closed") {
          // Those before it have come back already.
          this.#kept = [...this.#kept, ...kept.slice(index)];
          return;
        }
        // The server takes less than before.
        this.#options.onUndelivered?.([message]);
      }
    }
  }

  /** There will be no other connection. */
  giveUp(): void {
    const kept = this.#kept;
    this.#kept = [];
    if (kept.length > 0) this.#options.onUndelivered?.(kept);
  }
}
