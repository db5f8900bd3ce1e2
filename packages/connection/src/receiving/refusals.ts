// Well-formed messages that are none of this side's: how many came, which are answered, and when they are too
// many. A peer of another version is told what it says in vain, and keeps its connection; a stream of faults
// ends it. What is said to the peer is for `Mistakes`.

import { TypewireError } from "@typewire/protocol";

import type { ConnectionLimits } from "../limits.ts";
import type { Clock } from "../time/clock.ts";

/** Names that are not known, and are answered once each: a peer that makes up names hears of so many. */
const MOST_NAMES = 16;

/** A longer name is remembered by so many of its UTF-16 units and its length, so that names hold no memory. */
const NAME_LENGTH = 64;

/** What follows from a refused message: it is answered, only counted, or ends the connection. */
export type RefusalVerdict = "answer" | "count" | TypewireError;

/** The refusals of one connection, which makes this at the first of them. */
export class Refusals {
  readonly #limits: ConnectionLimits;
  readonly #clock: Clock;
  /** When refusals happened that still count, oldest first. */
  readonly #times: number[] = [];
  /** When those happened that were answered, the same. */
  readonly #answers: number[] = [];
  readonly #names = new Set<string>();
  #refused = 0;
  #unknown = 0;

  constructor(limits: ConnectionLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Messages that failed their schema. */
  get refused(): number {
    return this.#refused;
  }

  /** Messages of a name that is not known. */
  get unknown(): number {
    return this.#unknown;
  }

  /** A message of a name that is not known. Returns whether the peer is told: no control message, and new. */
  meet(name: string): boolean {
    this.#unknown += 1;
    if (name.startsWith("$") || this.#names.size >= MOST_NAMES) return false;
    const short =
      name.length <= NAME_LENGTH ? name : `${name.slice(0, NAME_LENGTH)}… of ${name.length}`;
    if (this.#names.has(short)) return false;
    this.#names.add(short);
    return true;
  }

  /**
   * A message that fails its schema, for this `error`. `isOfOthers`: the peer has said that its schemas are
   * others, so that some of its messages are expected to fail.
   */
  refuse(error: TypewireError, isOfOthers: boolean): RefusalVerdict {
    this.#refused += 1;
    const { maxRefusals, maxRefusalsOfOthers } = this.#limits;
    const most = isOfOthers ? maxRefusalsOfOthers : maxRefusals;
    if (this.#countWithin(this.#times) > most) return this.#tooMany(most, error);
    if (!isOfOthers) return "answer";
    if (this.#countWithin(this.#answers) <= maxRefusals) return "answer";
    this.#answers.pop();
    return "count";
  }

  /** Adds this moment to `times`, forgets what is out of the window, and returns how many are left. */
  #countWithin(times: number[]): number {
    const nowMs = this.#clock.now();
    const { refusalWindowMs } = this.#limits;
    while (times[0] !== undefined && nowMs - times[0] >= refusalWindowMs) times.shift();
    return times.push(nowMs);
  }

  #tooMany(most: number, { message, path, of }: TypewireError): TypewireError {
    return new TypewireError(
      "too-many-errors",
      `Refused more than ${most} messages within ${this.#limits.refusalWindowMs} ms, the last: ${message}`,
      { path, of },
    );
  }
}
