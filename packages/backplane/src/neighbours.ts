// The other servers of a bus, as their beats show them: which live, how many connections they have, who hears what.
// What is told of them is `LiveBackplane`'s. Bounded, whatever comes over the bus.

import type { Beat } from "./bus-messages.ts";
import { Numbers } from "./numbers.ts";

/** A server beats this often. */
export const BEAT_MS = 250;

/** Three missed beats, and half of one for the way. */
export const SILENT_MS = 3.5 * BEAT_MS;

/** A server that is silent for so long is forgotten, with its numbers. */
const FORGOTTEN_MS = 15 * 60_000;

/** As long as this after a loss, the bus is `degraded`. */
const DEGRADED_MS = 60_000;

/** A beat may take so long: a server that began later than a subscription by less than this may have begun before it. */
const LATENCY_MS = 2000;

/** Servers that are known at once; more are not listened to. */
export const MOST_NODES = 4096;

/** Topics of all of them together whose members are counted. */
const MOST_COUNTS = 1_048_576;

/** Another server. */
export class Neighbour {
  readonly node: string;
  readonly epoch: number;
  readonly numbers = new Numbers();
  /** How many of its connections hear each topic. */
  readonly members = new Map<string, number>();
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

  /** Whether it began after a moment of this server's; undefined as long as its beginning is not known. */
  beganAfter(momentMs: number | undefined): boolean | undefined {
    if (momentMs === undefined) return false;
    if (this.beganAtMs === undefined) return undefined;
    return momentMs <= this.beganAtMs - this.beganWithinMs;
  }
}

/** All of them. */
export class Neighbours {
  readonly #nodes = new Map<string, Neighbour>();
  #counts = 0;
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

  /** So many of the server's connections hear `topic`. Returns whether none did before. */
  count({ members }: Neighbour, topic: string, count: number): boolean {
    const before = members.get(topic) ?? 0;
    if (count === before) return false;
    if (count === 0) {
      members.delete(topic);
      this.#counts -= 1;
      return false;
    }
    if (before === 0) {
      if (this.#counts >= MOST_COUNTS) return false;
      this.#counts += 1;
    }
    members.set(topic, count);
    return before === 0;
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
    this.#counts -= neighbour.members.size;
  }
}
