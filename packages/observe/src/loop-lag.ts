// How late the event loop is: a timer ten times a second, and by how much it was late. Keeps no process alive,
// and ends with what it watches.

import { Histogram } from "./histogram.ts";

/** Between two looks. */
export const LOOK_MS = 100;

const LAG_BOUNDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** So many looks are the last ten seconds. */
const RECENT_LOOKS = 100;

/** The lag of this process's event loop. */
export class LoopLag {
  readonly histogram = new Histogram(LAG_BOUNDS);
  readonly #recentMs: number[] = [];
  readonly #onLook: () => boolean;
  #dueMs = 0;

  /** `onLook` is called with each look; false ends them. */
  constructor(onLook: () => boolean) {
    this.#onLook = onLook;
    this.#lookLater();
  }

  /** The most of the last ten seconds, in milliseconds. */
  get recentMs(): number {
    return Math.max(0, ...this.#recentMs, performance.now() - this.#dueMs);
  }

  #lookLater(): void {
    this.#dueMs = performance.now() + LOOK_MS;
    const timer = setTimeout(() => this.#look(), LOOK_MS);
    if (hasUnref(timer)) timer.unref();
  }

  #look(): void {
    const lateMs = Math.max(0, performance.now() - this.#dueMs);
    this.histogram.add(lateMs / 1000);
    this.#recentMs.push(lateMs);
    if (this.#recentMs.length > RECENT_LOOKS) this.#recentMs.shift();
    if (this.#onLook()) this.#lookLater();
  }
}

/** Timers of Bun and Node can let their process end; a browser's is a number. */
export function hasUnref(timer: unknown): timer is { unref(): void } {
  return typeof timer === "object" && timer !== null && "unref" in timer;
}
