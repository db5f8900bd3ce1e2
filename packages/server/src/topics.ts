// Which connections hear which topics. Knows neither messages nor sockets: a member is whatever the server
// hands in, and the server takes out those that have ended.

import { oneLine } from "@typewire/connection";
import { TypewireError } from "@typewire/protocol";

/** The most topics of one member: a bound on what a peer can make a server keep for it. */
export const MOST_TOPICS = 1024;

/** The longest name of a topic, in characters. */
const MOST_CHARACTERS = 255;

// Also what a subject of NATS may be, without its wildcards: a topic can travel over a bus as it is.
const topicName = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;

const none: ReadonlySet<never> = new Set<never>();

/** Told how many members a topic has now. */
export type TopicChanged = (topic: string, members: number) => void;

/** The topics of one server. A topic begins with its first member and is gone with its last. */
export class Topics<Member> {
  readonly #members = new Map<string, Set<Member>>();
  /** Only of members that have a topic. */
  readonly #topics = new Map<Member, Set<string>>();
  readonly #changed: TopicChanged | undefined;

  /** `changed` is told of each topic whose members have become more or fewer. */
  constructor(changed?: TopicChanged) {
    this.#changed = changed;
  }

  /** Topics that have a member. */
  get size(): number {
    return this.#members.size;
  }

  /**
   * Once, however often it is called.
   *
   * @throws TypewireError `topic-invalid` for a name that is none, `topic-limit` for one topic more than
   * `MOST_TOPICS`.
   */
  subscribe(member: Member, topic: string): void {
    requireTopic(topic);
    const topics = this.#topics.get(member) ?? new Set();
    if (topics.has(topic)) return;
    if (topics.size >= MOST_TOPICS) throw tooMany(topic);
    this.#topics.set(member, topics.add(topic));
    const members = (this.#members.get(topic) ?? new Set()).add(member);
    this.#members.set(topic, members);
    this.#changed?.(topic, members.size);
  }

  /**
   * Does nothing for a topic that the member has not.
   *
   * @throws TypewireError `topic-invalid` for a name that is none.
   */
  unsubscribe(member: Member, topic: string): void {
    requireTopic(topic);
    const topics = this.#topics.get(member);
    if (topics?.delete(topic) !== true) return;
    if (topics.size === 0) this.#topics.delete(member);
    this.#remove(member, topic);
  }

  /** Takes the member out of every topic. */
  leave(member: Member): void {
    const topics = this.#topics.get(member);
    if (topics === undefined) return;
    this.#topics.delete(member);
    for (const topic of topics) this.#remove(member, topic);
  }

  /**
   * The members of a topic, in the order in which they subscribed; none for one that does not exist.
   *
   * @throws TypewireError `topic-invalid` for a name that is none.
   */
  membersOf(topic: string): ReadonlySet<Member> {
    requireTopic(topic);
    return this.#members.get(topic) ?? none;
  }

  #remove(member: Member, topic: string): void {
    const members = this.#members.get(topic);
    if (members?.delete(member) !== true) return;
    if (members.size === 0) this.#members.delete(topic);
    this.#changed?.(topic, members.size);
  }
}

function requireTopic(topic: unknown): void {
  const isTopic =
    typeof topic === "string" && topic.length <= MOST_CHARACTERS && topicName.test(topic);
  if (isTopic) return;
  const got = typeof topic === "string" ? JSON.stringify(oneLine(topic)) : typeof topic;
  throw new TypewireError(
    "topic-invalid",
    `Topic: expected names of letters, digits, "_" and "-", joined by dots, at most ${MOST_CHARACTERS} characters in all, got ${got}`,
  );
}

function tooMany(topic: string): TypewireError {
  return new TypewireError(
    "topic-limit",
    `Cannot subscribe to "${topic}": the connection has ${MOST_TOPICS} topics, which is the most`,
  );
}
