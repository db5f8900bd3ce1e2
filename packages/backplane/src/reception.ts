// What a server hears of the others on the bus: their beats and their batches, what of those is new, and what is
// missing between them. What is refused or late is counted, and changes nothing.

import type { Announcements } from "./announcements.ts";
import type { BackplaneServer } from "./backplane.ts";
import { type Beat, type Begin, type BusMessage, decodeBusMessage } from "./bus-messages.ts";
import type { Neighbour, Neighbours } from "./neighbours.ts";
import type { Verdict } from "./numbers.ts";
import { readRun } from "./read-run.ts";
import { ALL } from "./subjects.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** By that subscription of another server's, it hears all that follows the number `after` of `topic`. */
export interface TopicBeginning {
  readonly topic: string;
  readonly subscription: number;
  readonly after: number;
}

/** What a reception changes and asks. */
export interface ReceptionParts {
  readonly server: BackplaneServer;
  /** This server's name: what it hears of itself is passed over. */
  readonly node: string;
  readonly neighbours: Neighbours;
  readonly subscriptions: Subscriptions;
  readonly announcements: Announcements;
  /** The epoch of this server's numbers, and the last of a topic that the bus was given. */
  readonly epoch: () => number;
  readonly toldOf: (topic: string) => number;
  /** Tells a server with which number each of the topics that it has asked for begins. */
  readonly answer: (node: string, beginnings: readonly TopicBeginning[]) => void;
  /** A beat of `node` has come. */
  readonly heard: (node: string) => void;
}

/** One for each server. */
export class Reception {
  readonly #parts: ReceptionParts;
  readonly #server: BackplaneServer;
  readonly #node: string;
  readonly #neighbours: Neighbours;
  readonly #subscriptions: Subscriptions;
  /** See `BackplaneStats`. */
  batchesReceived = 0;
  messagesReceived = 0;
  batchesRefused = 0;
  batchesLate = 0;
  gaps = 0;
  gapMessages = 0;

  constructor(parts: ReceptionParts) {
    this.#parts = parts;
    this.#server = parts.server;
    this.#node = parts.node;
    this.#neighbours = parts.neighbours;
    this.#subscriptions = parts.subscriptions;
  }

  /** Takes what has come as a beat. */
  takeBeat(bytes: Uint8Array): void {
    const beat = this.#decode(bytes);
    if (beat?.type !== "$beat" || !isEven(beat)) {
      this.batchesRefused += 1;
      return;
    }
    if (beat.node === this.#node) return;
    const neighbour = this.#neighbours.of(beat.node, beat.epoch, this.#server.clock.now());
    if (neighbour === undefined || beat.upMs < neighbour.upMs) {
      this.batchesLate += 1;
      return;
    }
    const wasAlive = neighbour.isAlive;
    const { event, fingerprint } = this.#server;
    const { node } = beat;
    const hasCome = this.#neighbours.beat(neighbour, beat, this.#server.clock.now());
    const servers = this.#neighbours.alive + 1;
    if (hasCome) {
      this.#parts.announcements.everything();
      this.askAgain(neighbour);
      event({ type: "server-joined", node, servers });
    } else if (wasAlive && !neighbour.isAlive) {
      event({ type: "server-left", node, servers });
    }
    if (neighbour.fingerprint !== beat.fingerprint) {
      neighbour.fingerprint = beat.fingerprint;
      if (beat.fingerprint !== fingerprint) {
        event({ type: "other-schemas", node, fingerprint: beat.fingerprint });
      }
    }
    this.#takeTopics(neighbour, beat);
    this.#answer(neighbour, beat);
    this.#parts.heard(node);
  }

  #takeTopics(neighbour: Neighbour, { topics, last, members, subscriptions }: Beat): void {
    const { numbers } = neighbour;
    const wasThere = (topic: string): boolean => this.#wasThere(neighbour, topic);
    for (const [topic, verdict] of numbers.beginAll(wasThere)) {
      this.#judge(neighbour, topic, verdict);
    }
    const epoch = this.#parts.epoch();
    for (const [index, topic] of topics.entries()) {
      const heard = { members: members[index] ?? 0, subscription: subscriptions[index] ?? 0 };
      const now = { after: this.#parts.toldOf(topic), epoch };
      this.#neighbours.count(neighbour, topic, heard, now);
      if (this.#subscriptions.sinceMs(topic) === undefined) continue;
      this.#judge(neighbour, topic, numbers.hear(topic, last[index] ?? 0, wasThere(topic)));
    }
  }

  /** What this server publishes once it has heard of a subscription, the other hears, or counts as missing. */
  #answer(neighbour: Neighbour, { topics, asks = [] }: Beat): void {
    const beginnings: TopicBeginning[] = [];
    for (const place of asks) {
      const topic = topics[place];
      const hearing = topic === undefined ? undefined : neighbour.topics.get(topic);
      if (topic === undefined || hearing === undefined) continue;
      beginnings.push({ topic, subscription: hearing.subscription, after: hearing.after });
    }
    if (beginnings.length > 0) this.#parts.answer(neighbour.node, beginnings);
  }

  /** Takes what has come as an answer to what this server has asked. */
  takeBegin(bytes: Uint8Array): void {
    const begin = this.#decode(bytes);
    if (begin?.type !== "$begin" || !areEven(begin)) {
      this.batchesRefused += 1;
      return;
    }
    const neighbour = this.#neighbours.known(begin.node, begin.epoch);
    if (neighbour === undefined) return;
    for (const [index, topic] of begin.topics.entries()) {
      if (begin.subscriptions[index] !== this.#subscriptions.numberOf(topic)) continue;
      this.#judge(neighbour, topic, neighbour.numbers.begin(topic, begin.after[index] ?? 0));
    }
  }

  /** The next beats ask again with which numbers topics of the other begin, as far as that is not known. */
  askAgain(neighbour: Neighbour): void {
    for (const topic of this.#subscriptions.names()) {
      if (neighbour.numbers.isSureOf(topic) || this.#wasThere(neighbour, topic)) continue;
      this.#subscriptions.askAgain(topic);
      this.#parts.announcements.changed(topic);
    }
  }

  #wasThere(neighbour: Neighbour, topic: string): boolean {
    return neighbour.beganAfter(this.#subscriptions.sinceMs(topic));
  }

  #decode(bytes: Uint8Array): BusMessage | undefined {
    try {
      return decodeBusMessage(bytes).message;
    } catch {
      return undefined;
    }
  }

  /** Takes what has come as a batch of `topic`, and hands its messages on. */
  takeBatch(topic: string, bytes: Uint8Array): void {
    const batch = this.#read(topic, bytes);
    if (batch === undefined) return;
    const { run, drops } = batch;
    const neighbour = this.#neighbours.of(batch.node, batch.epoch, this.#server.clock.now());
    const verdict = neighbour && this.#take(neighbour, topic, batch.first, batch.last);
    if (neighbour === undefined || verdict === undefined || verdict.is === "late") {
      this.batchesLate += 1;
      return;
    }
    this.#judge(neighbour, topic, verdict);
    this.batchesReceived += 1;
    this.messagesReceived += run.count;
    this.#server.receive(topic === ALL ? undefined : topic, run, drops);
  }

  /** Undefined for what is this server's own or of no use here, and for what is no batch, which is counted. */
  #read(topic: string, bytes: Uint8Array) {
    try {
      const { message, end } = decodeBusMessage(bytes);
      if (message.type !== "$batch") throw new RangeError("Expected a batch");
      const { node, epoch, first, count, drop: drops = false } = message;
      if (node === this.#node || !this.#subscriptions.has(topic)) return undefined;
      if (first > Number.MAX_SAFE_INTEGER - count) throw new RangeError("Numbers have an end");
      const run = readRun(bytes, end, count, this.#server.codec);
      return { node, epoch, first, last: first + count - 1, drops, run };
    } catch {
      this.batchesRefused += 1;
      return undefined;
    }
  }

  #take(neighbour: Neighbour, topic: string, first: number, last: number): Verdict {
    const wasThere = this.#wasThere(neighbour, topic);
    neighbour.hasPublished = true;
    return neighbour.numbers.take(topic, first, last, wasThere);
  }

  #judge({ node }: Neighbour, topic: string, verdict: Verdict): void {
    if (verdict.is !== "gap") return;
    const { from, missed } = verdict;
    this.gaps += 1;
    this.gapMessages += missed;
    this.#server.gap({ topic: topic === ALL ? undefined : topic, node, from, missed, why: "bus" });
  }
}

/** Whether the lists of a beat are as long as each other. */
function isEven({ topics: { length }, last, members, subscriptions, asks = [] }: Beat): boolean {
  const isAsLong = [last, members, subscriptions].every((list) => list.length === length);
  return isAsLong && asks.length <= length;
}

function areEven({ topics, subscriptions, after }: Begin): boolean {
  return topics.length === subscriptions.length && topics.length === after.length;
}
