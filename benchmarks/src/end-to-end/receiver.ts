// Counts what one connection receives unasked, and checks that it is what was sent: by `id` and in order;
// on a verifying run, value by value.

import { isDeepStrictEqual } from "node:util";

import { epochMs } from "./control.ts";
import { deferred } from "./deferred.ts";
import type { Workload } from "./workload.ts";

/** The receiving end of one connection. */
export class Receiver {
  readonly #messages: Workload["messages"];
  /** How many are to come, and how many have. */
  #expected = 0;
  #count = 0;
  #verify = false;
  /** For systems that keep a count of their own: told when it starts anew. */
  onExpect: () => void = () => {};
  /** For systems whose messages have a form of their own: the plain one, to compare. */
  toMessage: (received: unknown) => unknown = (received) => received;
  #done = deferred<number>();

  constructor({ messages }: Workload) {
    this.#messages = messages;
  }

  /** Starts anew: `count` messages are to come, from the first of the workload on. */
  expect(count: number, verify: boolean): void {
    this.#expected = count;
    this.#count = 0;
    this.#verify = verify;
    this.onExpect();
    this.#done = deferred();
    // It may fail before it is awaited.
    this.#done.promise.catch(() => {});
  }

  /** Resolves with the time of the last expected message; rejects when one was wrong. */
  received(): Promise<number> {
    return this.#done.promise;
  }

  /** Takes a received message, decoded and validated. */
  message(message: unknown): void {
    const expected = this.#messages[this.#count % this.#messages.length];
    const { id } = message as { readonly id?: unknown };
    if (id !== expected?.id) {
      this.fail(new Error(`message ${this.#count}: expected ${expected?.id}, got ${String(id)}`));
    } else if (this.#verify && !isDeepStrictEqual(plain(this.toMessage(message)), expected)) {
      this.fail(new Error(`message ${this.#count}: it is not what was sent`));
    }
    this.many(1);
  }

  /** Takes `count` messages that were not looked at. */
  many(count: number): void {
    this.#count += count;
    if (this.#count === this.#expected) this.#done.resolve(epochMs());
    else if (this.#count > this.#expected) this.fail(new Error("more came than was sent"));
  }

  /** What came cannot be a message. */
  fail(error: Error): void {
    this.#done.reject(error);
  }
}

/** Own properties alone: some systems decode into classes of theirs. */
function plain(value: unknown): unknown {
  return { ...(value as object) };
}
