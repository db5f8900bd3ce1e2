// What a server hears of the others on the bus: their beats and their batches, what of those is new, and what is
// missing between them. What is refused or late is counted, and changes nothing.

import type { Announcements } from "./announcements.ts";
import type { BackplaneServer } from "./backplane.ts";
import { type Batch, type Beat, decodeBusMessage } from "./bus-messages.ts";
import type { Neighbour, Neighbours } from "./neighbours.ts";
import type { Verdict } from "./numbers.ts";
import { readRun } from "./read-run.ts";
import { ALL } from "./subjects.ts";
import type { Subscriptions } from "./subscriptions.ts";

/** What a reception changes and asks. */
export interface ReceptionParts {
  readonly server: BackplaneServer;
  /** This server's name: what it hears of itself is passed over. */
  readonly node: string;
  readonly neighbours: Neighbours;
  readonly subscriptions: Subscriptions;
  readonly announcements: Announcements;
  /** A beat of `node` has come. */
  readonly heard: (node: string) => void;
}

/** One for each server. */
export class Reception {
  readonly #server: BackplaneServer;
  readonly #node: string;
  readonly #neighbours: Neighbours;
  readonly #subscriptions: Subscriptions;
  readonly #announcements: Announcements;
  readonly #heard: (node: string) => void;
  /** See `BackplaneStats`. */
  batchesReceived = 0;
  messagesReceived = 0;
  batchesRefused = 0;
  batchesLate = 0;
  gaps = 0;
  gapMessages = 0;

  constructor(parts: ReceptionParts) {
    this.#server = parts.server;
    this.#node = parts.node;
    this.#neighbours = parts.neighbours;
    this.#subscriptions = parts.subscriptions;
    this.#announcements = parts.announcements;
    this.#heard = parts.heard;
  }

  /** Takes what has come as a beat. */
  takeBeat(bytes: Uint8Array): void {
    let beat: Batch | Beat;
    try {
      beat = decodeBusMessage(bytes).message;
    } catch {
      this.batchesRefused += 1;
      return;
    }
    if (beat.type !== "$beat" || !isEven(beat)) {
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
      this.#announcements.everything();
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
    this.#heard(node);
  }

  #takeTopics(neighbour: Neighbour, { topics, last, members }: Beat): void {
    const { numbers } = neighbour;
    const hasBegun = (topic: string): boolean =>
      neighbour.beganAfter(this.#subscriptions.sinceMs(topic)) === true;
    for (const [topic, verdict] of numbers.begin(hasBegun)) this.#judge(neighbour, topic, verdict);
    for (const [index, topic] of topics.entries()) {
      const isNew = this.#neighbours.count(neighbour, topic, members[index] ?? 0);
      // The other has begun to hear it, and should know from which number on.
      if (isNew) this.#announcements.changed(topic);
      if (this.#subscriptions.sinceMs(topic) === undefined) continue;
      this.#judge(neighbour, topic, numbers.hear(topic, last[index] ?? 0, hasBegun(topic)));
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
    const wasThere = neighbour.beganAfter(this.#subscriptions.sinceMs(topic));
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
function isEven({ topics, last, members }: Beat): boolean {
  return topics.length === last.length && topics.length === members.length;
}
