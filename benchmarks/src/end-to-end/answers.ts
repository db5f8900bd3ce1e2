// Requests over a system that has only messages: answers come in the order of the requests.

import { deferred } from "./deferred.ts";

/** The requests of one connection that wait for their answers. */
export class Answers<Answer> {
  readonly #waiting: ((answer: Answer) => void)[] = [];

  /** The answer to the request that was just sent. */
  next(): Promise<Answer> {
    const { promise, resolve } = deferred<Answer>();
    this.#waiting.push(resolve);
    return promise;
  }

  /** Hands a message to the request that waits longest. False: none waits, so it came unasked. */
  take(answer: Answer): boolean {
    const resolve = this.#waiting.shift();
    resolve?.(answer);
    return resolve !== undefined;
  }
}
