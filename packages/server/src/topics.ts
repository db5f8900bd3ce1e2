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

/** Told how many members a topic has now. */
export type TopicChanged = (topic: string, members: number) => void;

/** The members of one topic, in the order in which they subscribed. */
export class Members<Member> {
  readonly #members = new Set<Member>();
  readonly #isMember: (member: Member) => boolean;
  /** Made for a publication, and anew when the members have changed. */
  #list: readonly Member[] | undefined;

  /** `isMember`: of the topic, whose members may be others once all of these have left. */
  constructor(isMember: (member: Member) => boolean) {
    this.#isMember = isMember;
  }

  get size(): number {
    return this.#members.size;
  }

  add(member: Member): void {
    this.#members.add(member);
    this.#list = undefined;
  }

  /** Returns whether it was one. */
  delete(member: Member): boolean {
    this.#list = undefined;
    return this.#members.delete(member);
  }

  /**
   * Calls `visit` for each once that is still a member when its turn comes. `visit` may run a program that subscribes
   * and unsubscribes: a member that joins meanwhile is not visited, and none is visited twice.
   */
  forEach(visit: (member: Member) => void): void {
    const list = (this.#list ??= [...this.#members]);
    for (const member of list) {
      if (this.#list === list || this.#isMember(member)) visit(member);
    }
  }
}

const none = new Members<never>(() => false);

/** The topics of one server. A topic begins with its first member and is gone with its last. */
export class Topics<Member> {
  readonly #members = new Map<string, Members<Member>>();
  /** Only of those that have a topic, and also of those that are not in yet. */
  readonly #topics = new Map<Member, Set<string>>();
  readonly #isIn: (member: Member) => boolean;
  readonly #changed: TopicChanged | undefined;

  /**
   * `isIn` says whether what is published may reach a member; one that subscribes before becomes a member of its
   * topics by `enter`. `changed` is told of each topic whose members have become more or fewer.
   */
  constructor(isIn: (member: Member) => boolean, changed?: TopicChanged) {
    this.#isIn = isIn;
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
    if (this.#isIn(member)) this.#add(member, topic);
  }

  /** A member is in from now on. */
  enter(member: Member): void {
    const topics = this.#topics.get(member);
    if (topics === undefined) return;
    for (const topic of topics) this.#add(member, topic);
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
   * The members of a topic; none for one that does not exist.
   *
   * @throws TypewireError `topic-invalid` for a name that is none.
   */
  membersOf(topic: string): Pick<Members<Member>, "size" | "forEach"> {
    requireTopic(topic);
    return this.#members.get(topic) ?? none;
  }

  #add(member: Member, topic: string): void {
    let members = this.#members.get(topic);
    if (members === undefined) {
      members = new Members((other) => this.#topics.get(other)?.has(topic) === true);
      this.#members.set(topic, members);
    }
    members.add(member);
    this.#changed?.(topic, members.size);
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
