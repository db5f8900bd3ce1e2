// Deadlines of calls: one timer for all calls of an endpoint. Calls with the same timeout expire in the order
// in which they began, so each distinct timeout has a queue of its own, and only the heads are compared.

import type { Cancel, Clock } from "../time/clock.ts";

/** Calls with one timeout, the next to expire first. */
interface Queue {
  readonly timeoutMs: number;
  first: Expiring | undefined;
  last: Expiring | undefined;
}

/**
 * Empty queues are looked for when there are so many, and then when there are twice as many as were left: 10 000
 * distinct timeouts leave no trace, and as many that are in use do not make each further one search them.
 */
const MANY_QUEUES = 64;

/** Something with a deadline. A link of its queue itself, so that a deadline costs no object. */
export abstract class Expiring {
  /** The clock's time at which it expires; Infinity where it has no deadline. */
  dueMs = Infinity;
  queue: Queue | undefined = undefined;
  before: Expiring | undefined = undefined;
  after: Expiring | undefined = undefined;

  /** Its time has come; it has no deadline any more. Never throws. */
  abstract expire(): void;
}

/** The deadlines of an endpoint. */
export class CallDeadlines {
  readonly #clock: Clock;
  readonly #queues = new Map<number, Queue>();
  #count = 0;
  #manyQueues = MANY_QUEUES;
  #armedForMs = Infinity;
  #cancel: Cancel | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  /** `entry` expires after `timeoutMs`, unless it is deleted before. It has no deadline yet. */
  add(entry: Expiring, timeoutMs: number): void {
    const queue = this.#queueFor(timeoutMs);
    const dueMs = this.#clock.now() + timeoutMs;
    entry.dueMs = dueMs;
    entry.queue = queue;
    entry.before = queue.last;
    if (queue.last === undefined) queue.first = entry;
    else queue.last.after = entry;
    queue.last = entry;
    this.#count += 1;
    // The timer of a call that has settled goes off for nothing once: cheaper than one for each call.
    if (dueMs < this.#armedForMs) this.#arm(dueMs);
  }

  /** `entry` does not expire; harmless where it has no deadline. `dueMs` stays. */
  delete(entry: Expiring): void {
    const { queue, before, after } = entry;
    if (queue === undefined) return;
    if (before === undefined) queue.first = after;
    else before.after = after;
    if (after === undefined) queue.last = before;
    else after.before = before;
    entry.queue = undefined;
    entry.before = undefined;
    entry.after = undefined;
    this.#count -= 1;
  }

  /** Lets the timer go where nothing has a deadline: called when a connection has ended. */
  prune(): void {
    if (this.#count > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#armedForMs = Infinity;
    this.#queues.clear();
  }

  #queueFor(timeoutMs: number): Queue {
    let queue = this.#queues.get(timeoutMs);
    if (queue === undefined) {
      if (this.#queues.size >= this.#manyQueues) this.#forgetEmpty();
      queue = { timeoutMs, first: undefined, last: undefined };
      this.#queues.set(timeoutMs, queue);
    }
    return queue;
  }

  #forgetEmpty(): void {
    for (const [timeoutMs, { first }] of this.#queues) {
      if (first === undefined) this.#queues.delete(timeoutMs);
    }
    this.#manyQueues = Math.max(MANY_QUEUES, 2 * this.#queues.size);
  }

  #arm(dueMs: number): void {
    this.#cancel?.();
    this.#armedForMs = dueMs;
    this.#cancel = this.#clock.after(Math.max(0, dueMs - this.#clock.now()), this.#fire);
  }

  readonly #fire = (): void => {
    this.#cancel = undefined;
    this.#armedForMs = Infinity;
    const nowMs = this.#clock.now();
    let nextMs = Infinity;
    for (const queue of this.#queues.values()) {
      let first = queue.first;
      while (first !== undefined && first.dueMs <= nowMs) {
        this.delete(first);
        first.expire();
        first = queue.first;
      }
      // Forgotten within, its timeout may have another queue by now.
      const isKept = this.#queues.get(queue.timeoutMs) === queue;
      if (first === undefined && isKept) this.#queues.delete(queue.timeoutMs);
      else if (first !== undefined && first.dueMs < nextMs) nextMs = first.dueMs;
    }
    // An expiry may have armed the timer for one of its own.
    if (nextMs < this.#armedForMs) this.#arm(nextMs);
  };
}
