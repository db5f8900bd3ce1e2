// What one reader has still to get: the newest price of each symbol that has changed, and no older one.
// Memory is bounded by the number of symbols, however slow the reader is.

import type { MessageOf } from "typewire";
import type { ServerConnection } from "typewire/bun";
import type { feed } from "./protocol.ts";

export type Price = MessageOf<typeof feed, "server">;

export class Outbox {
  readonly #connection: ServerConnection<typeof feed>;
  readonly #symbols: ReadonlySet<string>;
  readonly #waiting = new Map<string, Price>();
  #isSending = false;

  constructor(connection: ServerConnection<typeof feed>, symbols: readonly string[]) {
    this.#connection = connection;
    this.#symbols = new Set(symbols);
  }

  offer(price: Price): void {
    if (this.#symbols.size > 0 && !this.#symbols.has(price.symbol)) return;
    this.#waiting.set(price.symbol, price);
    if (!this.#isSending) void this.#send();
  }

  /** Sends until nothing waits; a full queue is waited for, and meanwhile newer prices replace older ones. */
  async #send(): Promise<void> {
    this.#isSending = true;
    const connection = this.#connection;
    try {
      for (const [symbol, price] of this.#waiting) {
        this.#waiting.delete(symbol);
        if (connection.send(price)) continue;
        console.log(`${connection.name} is behind`);
        await connection.ready();
        console.log(`${connection.name} has caught up`);
      }
    } catch {
      // The connection has ended: `onClose` forgets this outbox.
    } finally {
      this.#isSending = false;
    }
  }
}
