// What a server says of itself on the bus: that it lives, how many connections it has, and of some topics the last
// number and how many connections hear it. When it beats is `LiveBackplane`'s to say, and of which topics
// `Announcements`'.

import type { Announcements } from "./announcements.ts";
import type { BackplaneServer } from "./backplane.ts";
import { type Beat, type Begin, encodeBusMessage, HEAD_BYTES } from "./bus-messages.ts";
import type { Outbox } from "./outbox.ts";
import type { TopicBeginning } from "./reception.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** The topics of a beat take so many bytes at most: what is more is told in another. */
const BEAT_BYTES = 48 * 1024;

/** The numbers of a topic and its head take so many bytes at most. */
const TOPIC_BYTES = 34;

/** What beats tell of, and what sends them. */
export interface BeatsParts {
  readonly server: BackplaneServer;
  readonly node: string;
  readonly outbox: Outbox;
  readonly subscriptions: Subscriptions;
  readonly announcements: Announcements;
  /** Hands a beat over, or what is said to one server alone. */
  readonly send: (bytes: Uint8Array, node?: string) => void;
}

/** The topics of one beat. */
interface Part {
  readonly topics: string[];
  readonly last: number[];
  readonly members: number[];
  readonly subscriptions: number[];
  readonly asks: number[];
}

const emptyPart = (): Part => ({
  topics: [],
  last: [],
  members: [],
  subscriptions: [],
  asks: [],
});

/** One for each server. */
export class Beats {
  readonly #parts: BeatsParts;
  #epochBeganAtMs: number | undefined;
  #isLeaving = false;

  constructor(parts: BeatsParts) {
    this.#parts = parts;
  }

  /** From now on they say that the server leaves. */
  leave(): void {
    this.#isLeaving = true;
  }

  /** Says it now: one beat, or more where there is much to say. */
  beat(): void {
    const { outbox, subscriptions, announcements } = this.#parts;
    const head = this.#head();
    const most = Math.min(BEAT_BYTES, outbox.maxMessageBytes - HEAD_BYTES);
    let part: Part | undefined;
    let bytes = 0;
    let isSaid = false;
    const say = ({ asks, ...told }: Part): void => {
      const beat = { ...head, ...told, ...(asks.length > 0 && { asks }) };
      this.#parts.send(encodeBusMessage(beat, [], 0));
      part = undefined;
      bytes = 0;
      isSaid = true;
    };
    for (const topic of announcements.next()) {
      // The length of a topic is that of its bytes: a topic's name is ASCII.
      const topicBytes = topic.length + TOPIC_BYTES;
      if (part !== undefined && bytes + topicBytes > most) say(part);
      part ??= emptyPart();
      if (subscriptions.takeAsk(topic)) part.asks.push(part.topics.length);
      part.topics.push(topic);
      part.last.push(outbox.toldOf(topic));
      part.members.push(subscriptions.toldOf(topic));
      part.subscriptions.push(subscriptions.numberOf(topic) ?? 0);
      bytes += topicBytes;
    }
    if (part !== undefined || !isSaid) say(part ?? emptyPart());
  }

  /** Says to `node` alone from which numbers on it hears the topics that it has asked for. */
  answer(node: string, beginnings: readonly TopicBeginning[]): void {
    const { node: self, outbox, send } = this.#parts;
    const most = Math.min(BEAT_BYTES, outbox.maxMessageBytes - HEAD_BYTES);
    for (let start = 0; start < beginnings.length;) {
      let end = start;
      for (let bytes = 0; end < beginnings.length; end += 1) {
        bytes += (beginnings[end]?.topic.length ?? 0) + TOPIC_BYTES;
        if (end > start && bytes > most) break;
      }
      const told = beginnings.slice(start, end);
      const begin: Begin = {
        type: "$begin",
        node: self,
        epoch: outbox.epoch,
        topics: told.map(({ topic }) => topic),
        subscriptions: told.map(({ subscription }) => subscription),
        after: told.map(({ after }) => after),
      };
      send(encodeBusMessage(begin, [], 0), node);
      start = end;
    }
  }

  /** Numbers begin anew with `turn`: the last of the old ones are told before it, and the beginning after. */
  turnEpoch(turn: () => void): void {
    this.beat();
    turn();
    this.#epochBeganAtMs = undefined;
    this.beat();
  }

  #head(): Omit<Beat, keyof Part> {
    const { server, node, outbox } = this.#parts;
    const nowMs = server.clock.now();
    const isFirst = this.#epochBeganAtMs === undefined;
    this.#epochBeganAtMs ??= nowMs;
    return {
      type: "$beat",
      node,
      epoch: outbox.epoch,
      upMs: isFirst ? 0 : Math.max(1, Math.floor(nowMs - this.#epochBeganAtMs)),
      connections: server.connections(),
      fingerprint: server.fingerprint,
      ...(this.#isLeaving && { leaving: true }),
    };
  }
}
