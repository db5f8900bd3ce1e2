// The items of one call that have come and were not taken yet: the queue, and the iterator that a program takes
// them from. Credit is given back for what the program has taken, so that this queue is never larger than the
// window and one frame.

import { CreditWindow } from "./credit-window.ts";
import { type HeldItems, memoryOf } from "./held-items.ts";

/** The call, as its inbox sees it. */
export interface InboxOwner {
  /** The peer may send so many payload bytes more. */
  grant(bytes: number): void;
  /** The program takes no further items. Told once, and not where the items had ended. */
  leave(): void;
}

/** Items that wait, and what each takes, side by side: an object for each would cost as much as a small item. */
interface Queue<Item> {
  readonly items: Item[];
  readonly payloadBytes: number[];
  readonly memoryBytes: number[];
}

interface Waiter<Item> {
  readonly resolve: (result: IteratorResult<Item, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

type InboxState =
  | { readonly name: "open" }
  | { readonly name: "ended" }
  | { readonly name: "failed"; readonly error: unknown };

const open: InboxState = { name: "open" };
const ended: InboxState = { name: "ended" };

/** So many taken items stay at the front of the queue before it is cut. */
const MOST_TAKEN = 256;

/** The items of one call in one direction. Iterated once. */
export class ItemInbox<Item = unknown> implements AsyncIterableIterator<Item, undefined> {
  readonly #owner: InboxOwner;
  readonly #held: HeldItems;
  #state: InboxState = open;
  #queue: Queue<Item> | undefined;
  /** Items at the front of the queue that were taken. */
  #head = 0;
  /** What waits counts no more: the call has ended, and its items are the program's alone. */
  #isHandedOver = false;
  /** The program has taken leave of them: what comes behind is gone. */
  #isLeft = false;
  #waiters: Waiter<Item>[] | undefined;
  readonly #window: CreditWindow;

  constructor(owner: InboxOwner, held: HeldItems) {
    this.#owner = owner;
    this.#held = held;
    this.#window = new CreditWindow(held.windowBytes);
  }

  /** Whether further items are of any use. */
  get isOpen(): boolean {
    return this.#state === open;
  }

  /** Takes an item with its payload bytes. False where it was beyond the credit, and is not taken. */
  push(item: Item, payloadBytes: number): boolean {
    if (!this.#window.receive(payloadBytes)) return false;
    if (this.#state !== open) return true;
    const waiter = this.#waiters?.shift();
    if (waiter === undefined) {
      const queue = (this.#queue ??= { items: [], payloadBytes: [], memoryBytes: [] });
      const memoryBytes = memoryOf(item, payloadBytes);
      queue.items.push(item);
      queue.payloadBytes.push(payloadBytes);
      queue.memoryBytes.push(memoryBytes);
      // Last: it may end the connection, and with it the call.
      this.#held.add(payloadBytes, memoryBytes);
    } else {
      this.#tookBytes(payloadBytes);
      waiter.resolve({ value: item, done: false });
    }
    return true;
  }

  /** No further items come; those that wait can still be taken. */
  end(): void {
    if (this.#state !== open) return;
    this.#state = ended;
    this.#settleWaiters();
  }

  /** No further items come because of `error`, which the program gets after those that wait. */
  fail(error: unknown): void {
    if (this.#state !== open) return;
    this.#state = { name: "failed", error };
    this.#settleWaiters();
  }

  /**
   * Forgets what waits, and gives the program `error` instead of it: a reader that was told that the items have ended
   * would take some of them for all. One that has taken all is told nothing.
   */
  cut(error: unknown): void {
    const isWhole = this.#state !== open && this.#queue === undefined;
    this.drop();
    if (isWhole) return;
    this.#state = { name: "failed", error };
    this.#settleWaiters();
  }

  /** Forgets what waits. */
  drop(): void {
    this.handOver();
    this.#queue = undefined;
    this.#head = 0;
  }

  /** The call has ended: what waits can be taken, and counts no more, since a program may never take it. */
  handOver(): void {
    const queue = this.#queue;
    if (queue !== undefined && !this.#isHandedOver) {
      for (let index = this.#head; index < queue.items.length; index += 1) {
        this.#held.remove(queue.payloadBytes[index] ?? 0, queue.memoryBytes[index] ?? 0);
      }
    }
    this.#isHandedOver = true;
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    const queue = this.#queue;
    if (queue !== undefined) {
      const at = this.#head;
      // Within the length: an empty queue is none.
      const value = queue.items[at] as Item;
      const payloadBytes = queue.payloadBytes[at] ?? 0;
      if (!this.#isHandedOver) this.#held.remove(payloadBytes, queue.memoryBytes[at] ?? 0);
      this.#advance(queue);
      this.#tookBytes(payloadBytes);
      return Promise.resolve({ value, done: false });
    }
    const state = this.#state;
    if (state.name === "ended") return Promise.resolve({ value: undefined, done: true });
    if (state.name === "failed") {
      // As of a generator: the failure is told once.
      this.#state = ended;
      return Promise.reject(state.error);
    }
    this.#window.wait();
    return new Promise((resolve, reject) => {
      (this.#waiters ??= []).push({ resolve, reject });
    });
  }

  /** At once, also where a `next()` is pending. */
  return(): Promise<IteratorResult<Item, undefined>> {
    this.drop();
    this.#isLeft = true;
    const wasOpen = this.#state === open;
    this.#state = ended;
    this.#settleWaiters();
    if (wasOpen) this.#owner.leave();
    return Promise.resolve({ value: undefined, done: true });
  }

  /** @throws TypeError where the program has left them: a second loop would find none, as if none had been sent. */
  [Symbol.asyncIterator](): this {
    if (this.#isLeft)
      throw new TypeError("The items of a call were left before, and are read once");
    return this;
  }

  #advance({ items, payloadBytes, memoryBytes }: Queue<Item>): void {
    this.#head += 1;
    if (this.#head === items.length) {
      this.#queue = undefined;
      this.#head = 0;
    } else if (this.#head >= MOST_TAKEN && this.#head * 2 >= items.length) {
      for (const list of [items, payloadBytes, memoryBytes]) list.splice(0, this.#head);
      this.#head = 0;
    } else {
      // What was taken is the program's alone.
      (items as (Item | undefined)[])[this.#head - 1] = undefined;
    }
  }

  #tookBytes(bytes: number): void {
    if (this.#state !== open) return;
    const granted = this.#window.take(bytes);
    if (granted > 0) this.#owner.grant(granted);
  }

  /** Nothing waits in the queue where a `next()` is pending. */
  #settleWaiters(): void {
    const waiters = this.#waiters;
    if (waiters === undefined) return;
    this.#waiters = undefined;
    for (const waiter of waiters) {
      if (this.#state.name === "failed") {
        const { error } = this.#state;
        this.#state = ended;
        waiter.reject(error);
      } else {
        waiter.resolve({ value: undefined, done: true });
      }
    }
  }
}
