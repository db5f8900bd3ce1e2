// A sender for systems that pull what they send, through an async generator: messages wait here, and a
// thousand of them are enough.

import { deferred } from "./deferred.ts";
import type { Sender } from "./sender.ts";
import type { Workload } from "./workload.ts";

const ENOUGH = 1024;

/** First in, first out; one reader. */
export class MessageQueue implements Sender {
  #messages: Workload["messages"][number][] = [];
  #arrived = deferred();
  #emptied = deferred();

  send(message: Workload["messages"][number]): boolean {
    if (this.#messages.push(message) === 1) this.#arrived.resolve();
    return this.#messages.length < ENOUGH;
  }

  ready(): Promise<void> {
    return this.#messages.length === 0 ? Promise.resolve() : this.#emptied.promise;
  }

  /** All that waits; resolves when there is something. */
  async take(): Promise<readonly Workload["messages"][number][]> {
    while (this.#messages.length === 0) {
      this.#arrived = deferred();
      await this.#arrived.promise;
    }
    const messages = this.#messages;
    this.#messages = [];
    this.#emptied.resolve();
    this.#emptied = deferred();
    return messages;
  }

  /** Message after message, for ever. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Workload["messages"][number]> {
    for (;;) yield* await this.take();
  }
}
