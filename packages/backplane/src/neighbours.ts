// The other servers of a bus, as their beats show them: which live, how many connections they have, who hears what.
// What is told of them is `LiveBackplane`'s. Bounded, whatever comes over the bus.

import type { Beat } from "./bus-messages.ts";
import { Numbers } from "./numbers.ts";

/** A server beats this often. */
export const BEAT_MS = 250;

/** Three missed beats, and half of one for the way. */
const SILENT_MS = 3.5 * BEAT_MS;

/** A server that is silent for so long is forgotten, with its numbers. */
const FORGOTTEN_MS = 15 * 60_000;

/** As long as this after a loss, the bus is `degraded`. */
const DEGRADED_MS = 60_000;

/** A beat may take so long: a server that began later than a subscription by less than this may have begun before it. */
const LATENCY_MS = 2000;

/** Servers that are known at once; more are not listened to. */
export const MOST_NODES = 4096;

/** Memory of the topics of all of them together whose members are counted: some million. */
const MOST_TOPIC_BYTES = 128 * 1024 * 1024;

/** Memory of a topic beside its name. */
const TOPIC_MEMORY_BYTES = 96;

/** How another server hears a topic. */
interface Hearing {
  /** How many of its connections do. */
  readonly members: number;
  /** Its own number for its subscription. */
  readonly subscription: number;
  /** The last number of this server's, and its epoch, when this server heard of the subscription first. */
  readonly after: number;
  readonly epoch: number;
}

/** Another server. */
export class Neighbour {
  readonly node: string;
  readonly epoch: number;
  readonly numbers = new Numbers();
  readonly topics = new Map<string, Hearing>();
  connections = 0;
  /** Heard, and not leaving without connections. */
  isAlive = false;
  /** Whether a batch has come. */
  hasPublished = false;
  fingerprint: string | undefined;
  /** When it fell silent, without having left. */
  lostAtMs: number | undefined;
  heardAtMs: number;
  /** The age of its epoch in the latest beat: an earlier beat may come after it. */
  upMs = 0;
  /** When its epoch began, as far as its beats show; undefined before the first. */
  beganAtMs: number | undefined;
  /** How much earlier that may have been. */
  beganWithinMs = LATENCY_MS;

  constructor(node: string, epoch: number, nowMs: number) {
    this.node = node;
    this.epoch = epoch;
    this.heardAtMs = nowMs;
  }

  /** Whether it is known to have begun after a moment of this server's. */
  beganAfter(momentMs: number | undefined): boolean {
    if (momentMs === undefined || this.beganAtMs === undefined) return false;
    return momentMs <= this.beganAtMs - this.beganWithinMs;
  }
}

/** All of them. */
export class Neighbours {
  readonly #nodes = new Map<string, Neighbour>();
  #topicBytes = 0;
  #alive = 0;
  /** When one was forgotten last: a server that began before may be that one. */
  #forgotAtMs = -Infinity;

  /** Those that are heard. One that leaves is among them as long as it has connections. */
  get alive(): number {
    return this.#alive;
  }

  /** Whether one has fallen silent lately, and has not been heard again. */
  isMissing(nowMs: number): boolean {
    for (const { lostAtMs = -Infinity } of this.#nodes.values()) {
      if (nowMs - lostAtMs < DEGRADED_MS) return true;
    }
    return false;
  }

  /**
   * The server that says this; undefined where it is of an epoch that is over, or one server too many. A new epoch
   * begins with nothing.
   */
  of(node: string, epoch: number, nowMs: number): Neighbour | undefined {
    const known = this.#nodes.get(node);
    if (known?.epoch === epoch) return known;
    if (known !== undefined && known.epoch > epoch) return undefined;
    if (known === undefined && this.#nodes.size >= MOST_NODES && !this.#forgetSilent(nowMs)) {
      return undefined;
    }
    const neighbour = new Neighbour(node, epoch, nowMs);
    if (known !== undefined) {
      this.#drop(known);
      neighbour.fingerprint = known.fingerprint;
    }
    this.#nodes.set(node, neighbour);
    return neighbour;
  }

  /** The server, in that epoch, where it has been heard. */
  known(node: string, epoch: number): Neighbour | undefined {
    const neighbour = this.#nodes.get(node);
    return neighbour?.epoch === epoch ? neighbour : undefined;
  }

  /** Takes what a beat says of its server, where no later one has come. Returns whether the server has come with it. */
  beat(neighbour: Neighbour, { upMs, connections, leaving = false }: Beat, nowMs: number): boolean {
    neighbour.upMs = upMs;
    if (neighbour.beganAtMs === undefined) {
      const beganAtMs = nowMs - upMs;
      neighbour.beganAtMs = beganAtMs <= this.#forgotAtMs ? -Infinity : beganAtMs;
      // A beat of 0 is the first that is said in an epoch; where it is the first that comes, it came at once.
      if (upMs === 0 && !neighbour.hasPublished) neighbour.beganWithinMs = 0;
    }
    neighbour.heardAtMs = nowMs;
    neighbour.connections = connections;
    const wasAlive = neighbour.isAlive;
    this.#setAlive(neighbour, !leaving || connections > 0);
    neighbour.lostAtMs = undefined;
    return !wasAlive && neighbour.isAlive;
  }

  /**
   * So many connections of the server hear `topic`, by its subscription of that number. This server's last message in the
   * topic is `now`: kept where the subscription is a new one.
   */
  count(
    { topics }: Neighbour,
    topic: string,
    heard: Pick<Hearing, "members" | "subscription">,
    now: Pick<Hearing, "after" | "epoch">,
  ): void {
    const known = topics.get(topic);
    if (heard.members === 0) {
      if (topics.delete(topic)) this.#topicBytes -= memoryOf(topic);
      return;
    }
    if (known === undefined) {
      if (this.#topicBytes >= MOST_TOPIC_BYTES) return;
      this.#topicBytes += memoryOf(topic);
    }
    const isSame = known?.subscription === heard.subscription;
    // Most of what a beat tells is known: topics are told in turn.
    if (isSame && known.members === heard.members && known.epoch === now.epoch) return;
    // Of an epoch that has begun since, it hears everything.
    const kept = isSame ? { after: known.epoch === now.epoch ? known.after : 0 } : {};
    topics.set(topic, { ...heard, ...now, ...kept });
  }

  /** Those that have not been heard for so long; they count no more. */
  expire(nowMs: number): readonly Neighbour[] {
    const silent: Neighbour[] = [];
    for (const neighbour of this.#nodes.values()) {
      const silentMs = nowMs - neighbour.heardAtMs;
      if (silentMs >= FORGOTTEN_MS) this.#forget(neighbour, nowMs);
      if (!neighbour.isAlive || silentMs < SILENT_MS) continue;
      this.#setAlive(neighbour, false);
      neighbour.lostAtMs = nowMs;
      silent.push(neighbour);
    }
    return silent;
  }

  /** Time has passed in which none of them could be heard. */
  excuse(byMs: number): void {
    for (const neighbour of this.#nodes.values()) neighbour.heardAtMs += byMs;
  }

  /** All that are alive. */
  *living(): Generator<Neighbour> {
    for (const neighbour of this.#nodes.values()) if (neighbour.isAlive) yield neighbour;
  }

  /** This server does not hear `topic` any more. */
  forgetTopic(topic: string): void {
    for (const { numbers } of this.#nodes.values()) numbers.forget(topic);
  }

  #setAlive(neighbour: Neighbour, isAlive: boolean): void {
    if (neighbour.isAlive === isAlive) return;
    neighbour.isAlive = isAlive;
    this.#alive += isAlive ? 1 : -1;
  }

  /** Makes room for another. Returns whether there is. */
  #forgetSilent(nowMs: number): boolean {
    for (const neighbour of this.#nodes.values()) {
      if (neighbour.isAlive || nowMs - neighbour.heardAtMs < SILENT_MS) continue;
      this.#forget(neighbour, nowMs);
      return true;
    }
    return false;
  }

  #forget(neighbour: Neighbour, nowMs: number): void {
    this.#drop(neighbour);
    this.#nodes.delete(neighbour.node);
    this.#forgotAtMs = nowMs;
  }

  #drop(neighbour: Neighbour): void {
    this.#setAlive(neighbour, false);
    for (const topic of neighbour.topics.keys()) this.#topicBytes -= memoryOf(topic);
  }
}

function memoryOf(topic: string): number {
  return topic.length + TOPIC_MEMORY_BYTES;
}
