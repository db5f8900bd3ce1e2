// Which topics this server hears on the bus: from the first of its connections that hears one, until 30 seconds after
// the last. A subscription counts from when the bus has answered: before, what is published may pass it by.

import type { Stop } from "./transport.ts";

/** As long as this after its last member a topic is heard on. Answers members that come and go. */
const LINGER_MS = 30_000;

/** The other servers are asked so many times with which number a topic begins: a beat may be lost. */
const ASKS = 3;

/** A topic that is heard. */
interface Subscription {
  readonly stop: Stop;
  /** No two of a server have the same. */
  readonly number: number;
  /** How often the others are still asked. */
  asks: number;
  members: number;
  /** Since when the bus is known to have it. */
  sinceMs: number | undefined;
  /** Since when it has no members. */
  idleSinceMs: number | undefined;
}

/** For one server. `listen` subscribes on the bus. */
export class Subscriptions {
  readonly #listen: (topic: string) => Stop;
  readonly #topics = new Map<string, Subscription>();
  /** Of those, the ones that the bus has not answered for. */
  readonly #asked = new Set<string>();
  /** Of those, the ones without members, the longest first. */
  readonly #idle = new Map<string, Subscription>();
  #numbers = 0;

  constructor(listen: (topic: string) => Stop) {
    this.#listen = listen;
  }

  /** Whether the bus has not answered for some. */
  get isPending(): boolean {
    return this.#asked.size > 0;
  }

  names(): Iterable<string> {
    return this.#topics.keys();
  }

  /** Members of this server, as the others are told: none until the bus has answered. */
  toldOf(topic: string): number {
    const subscription = this.#topics.get(topic);
    return subscription?.sinceMs === undefined ? 0 : subscription.members;
  }

  /** Since when the topic is heard for certain; undefined where it is not yet. */
  sinceMs(topic: string): number | undefined {
    return this.#topics.get(topic)?.sinceMs;
  }

  has(topic: string): boolean {
    return this.#topics.has(topic);
  }

  /** The number of the subscription; undefined for none. */
  numberOf(topic: string): number | undefined {
    return this.#topics.get(topic)?.number;
  }

  /** Whether the others are asked, as they are told of `topic` now, with which number it begins. */
  takeAsk(topic: string): boolean {
    const subscription = this.#topics.get(topic);
    if (subscription === undefined || this.toldOf(topic) === 0 || subscription.asks === 0) {
      return false;
    }
    subscription.asks -= 1;
    return true;
  }

  /** The others are asked, when they are told of it. */
  askAgain(topic: string): void {
    const subscription = this.#topics.get(topic);
    if (subscription !== undefined) subscription.asks = ASKS;
  }

  /** So many connections hear `topic` now. */
  set(topic: string, members: number, nowMs: number): void {
    let subscription = this.#topics.get(topic);
    if (subscription === undefined) {
      if (members === 0) return;
      this.#numbers += 1;
      subscription = {
        stop: this.#listen(topic),
        number: this.#numbers,
        asks: ASKS,
        members,
        sinceMs: undefined,
        idleSinceMs: undefined,
      };
      this.#topics.set(topic, subscription);
      this.#asked.add(topic);
      return;
    }
    subscription.members = members;
    if (members === 0) {
      subscription.idleSinceMs = nowMs;
      this.#idle.set(topic, subscription);
    } else if (subscription.idleSinceMs !== undefined) {
      subscription.idleSinceMs = undefined;
      subscription.asks = ASKS;
      this.#idle.delete(topic);
    }
  }

  /** The topics for which the bus is asked now. */
  takeAsked(): readonly string[] {
    const asked = [...this.#asked];
    this.#asked.clear();
    return asked;
  }

  /** The bus has these since `nowMs`; or the line was lost before it said so. */
  answered(topics: readonly string[], nowMs: number | undefined): void {
    for (const topic of topics) {
      const subscription = this.#topics.get(topic);
      if (subscription === undefined || subscription.sinceMs !== undefined) continue;
      if (nowMs === undefined) this.#asked.add(topic);
      else subscription.sinceMs = nowMs;
    }
  }

  /** Ends those that have had no members for long enough, and returns them. */
  sweep(nowMs: number): readonly string[] {
    const ended: string[] = [];
    for (const [topic, { stop, idleSinceMs = nowMs }] of this.#idle) {
      if (nowMs - idleSinceMs < LINGER_MS) break;
      this.#idle.delete(topic);
      this.#topics.delete(topic);
      this.#asked.delete(topic);
      stop();
      ended.push(topic);
    }
    return ended;
  }
}
