// Which topics this server hears on the bus: from the first of its connections that hears one, until 30 seconds after
// the last. A subscription counts from when the bus has answered: before, what is published may pass it by.

import type { Stop } from "./transport.ts";

/** As long as this after its last member a topic is heard on. Answers members that come and go. */
export const LINGER_MS = 30_000;

/** A topic that is heard. */
interface Subscription {
  readonly stop: Stop;
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

  /** So many connections hear `topic` now. */
  set(topic: string, members: number, nowMs: number): void {
    let subscription = this.#topics.get(topic);
    if (subscription === undefined) {
      if (members === 0) return;
      subscription = {
        stop: this.#listen(topic),
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
