// Gives back what a burst has left behind. Bun collects garbage when a program allocates, so that one
// that goes idle after a burst keeps what the burst took, for ever. This looks twice a second, and collects
// when there is something to give back and the event loop has time. Only for a command, which owns its
// process: `serve` and `connect` leave the heap to the program they are part of.

import { type Clock, systemClock } from "@typewire/connection";

/** What this process takes from the machine. */
export interface ProcessUsage {
  /** Resident memory. */
  readonly residentBytes: number;
  /** Processor time spent so far, by all its threads. */
  readonly processorMs: number;
}

/** This process's heap, or a test's stand-in. */
export interface Heap {
  usage(): ProcessUsage;
  /** Frees what nobody refers to and hands the pages to the system; holds the event loop until it is done. */
  collect(): void;
  /** Drops compiled code too, at the next opportunity: it comes back with use. */
  dropCode(): void;
}

export interface HousekeepingOptions {
  readonly heap?: Heap;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

const PERIOD_MS = 500;

/** Less than this is not worth a collection. */
const NOTABLE_BYTES = 2 * 1024 * 1024;

/** What the first peers bring into memory is used by all that follow. */
const WARM_UP_BYTES = 2 * 1024 * 1024;

/** Above the lowest by this much, something is left of a burst: garbage, or what was compiled for it. */
const BURST_BYTES = 4 * 1024 * 1024;

/** Above this share of a processor the event loop has better to do, and its own collections come anyway. */
const BUSY_SHARE = 0.5;

/** Below this one it does not matter that code is compiled again. */
const QUIET_SHARE = 0.1;

/** Code that comes back is in use. */
const DROP_REST_MS = 5000;

/** The time between two collections, in collections: a fiftieth of it is spent on them at most. */
const REST_FACTOR = 50;

/** Where memory is short, others get as much time as collections: an attack is under way. */
const RELIEF_REST_FACTOR = 1;
const LEAST_RELIEF_REST_MS = 10;

/** Looks after the memory of one process for as long as it runs. */
export class Housekeeping {
  readonly #heap: Heap;
  readonly #clock: Clock;
  /** What the process held when it was last in order. */
  #orderlyBytes = Infinity;
  #lowestBytes = Infinity;
  #droppedAtMs = -Infinity;
  #lookedAtMs = 0;
  #processorMs = 0;
  /** The next thing that a round does. */
  #next: "nothing" | "collect again" | "drop code" | "settle" = "nothing";
  #collectedAtMs = -Infinity;
  #collectionMs = 0;
  #hasEnded = false;
  #isRelieving = false;

  constructor({ heap = thisHeap, clock = systemClock }: HousekeepingOptions = {}) {
    this.#heap = heap;
    this.#clock = clock;
  }

  /** Begins to look: once the process is ready, and before it has served anybody. */
  start(): void {
    const { residentBytes, processorMs } = this.#heap.usage();
    this.#lookedAtMs = this.#clock.now();
    this.#processorMs = processorMs;
    this.#lowestBytes = residentBytes;
    this.#orderlyBytes = residentBytes + WARM_UP_BYTES;
    this.#clock.after(PERIOD_MS, this.#look);
  }

  /** A connection has ended: what it held is garbage now. */
  connectionEnded(): void {
    this.#hasEnded = true;
  }

  /** So much was held that somebody was cut: what that one held must be gone before others take more. */
  memoryIsShort(): void {
    this.#hasEnded = true;
    const restMs = Math.max(LEAST_RELIEF_REST_MS, RELIEF_REST_FACTOR * this.#collectionMs);
    if (this.#isRelieving || this.#clock.now() - this.#collectedAtMs < restMs) return;
    this.#isRelieving = true;
    // Not from within what is cutting.
    this.#clock.after(0, () => {
      this.#isRelieving = false;
      this.#collect();
    });
  }

  readonly #look = (): void => {
    this.#clock.after(PERIOD_MS, this.#look);
    const { residentBytes, processorMs } = this.#heap.usage();
    const nowMs = this.#clock.now();
    const share = (processorMs - this.#processorMs) / (nowMs - this.#lookedAtMs);
    this.#lookedAtMs = nowMs;
    this.#processorMs = processorMs;
    this.#lowestBytes = Math.min(this.#lowestBytes, residentBytes);
    if (share > BUSY_SHARE) return;
    if (nowMs - this.#collectedAtMs < REST_FACTOR * this.#collectionMs) return;
    if (this.#isWorthIt(residentBytes)) {
      this.#hasEnded = false;
      this.#collect();
      this.#next = "collect again";
    } else {
      this.#goOn(residentBytes, share, nowMs);
    }
  };

  /** What follows a collection, one step in each look. */
  #goOn(residentBytes: number, share: number, nowMs: number): void {
    switch (this.#next) {
      case "nothing":
        break;
      case "collect again":
        // What had to be finalised first, and pages that the first one emptied in part.
        this.#collect();
        this.#next = "drop code";
        break;
      case "drop code":
        if (residentBytes - this.#lowestBytes >= BURST_BYTES && share <= QUIET_SHARE) {
          if (nowMs - this.#droppedAtMs < DROP_REST_MS) return;
          this.#droppedAtMs = nowMs;
          this.#heap.dropCode();
        }
        this.#next = "settle";
        break;
      case "settle":
        this.#next = "nothing";
        this.#orderlyBytes = residentBytes;
        break;
    }
  }

  #isWorthIt(residentBytes: number): boolean {
    if (this.#hasEnded) return residentBytes - this.#lowestBytes >= BURST_BYTES;
    return this.#next === "nothing" && residentBytes - this.#orderlyBytes >= NOTABLE_BYTES;
  }

  #collect(): void {
    const startedAtMs = this.#clock.now();
    this.#heap.collect();
    this.#collectedAtMs = this.#clock.now();
    this.#collectionMs = this.#collectedAtMs - startedAtMs;
  }
}

const thisHeap: Heap = {
  usage() {
    const { user, system } = process.cpuUsage();
    return {
      residentBytes: process.memoryUsage.rss(),
      processorMs: (user + system) / 1000,
    };
  },
  collect: () => Bun.gc(true),
  dropCode: () => Bun.shrink(),
};
