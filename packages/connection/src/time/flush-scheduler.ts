// Decides when connections write: once at the end of the turn in which something was queued, all of them
// in one microtask. When that takes long, as after a broadcast to thousands, it goes on in slices between
// which the event loop serves its sockets. Knows nothing of queues.

import type { Clock } from "./clock.ts";

/** Something that has bytes to write. */
export interface Flushable {
  /** Writes what it can; never throws. */
  flush(): void;
}

/** How long flushing may hold the event loop: a write costs the kernel about 7 µs, so some 700 of them. */
const SLICE_MS = 5;

/** Reading the clock after every write would cost one per cent of it. */
const WRITES_PER_LOOK = 16;

/** Flushes everything that asked for it, once per turn of the event loop. */
export class FlushScheduler {
  readonly #clock: Clock;
  /** Asked for in this turn. Flushed before the backlog, so that a reply does not wait for a broadcast. */
  #fresh: Flushable[] = [];
  /** What earlier turns had no time for, in order. */
  #backlog: Flushable[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `target.flush()` soon. The caller asks again only after that. */
  schedule(target: Flushable): void {
    if (this.#fresh.push(target) === 1) queueMicrotask(this.#flushFresh);
  }

  readonly #flushFresh = (): void => {
    const batch = this.#fresh;
    this.#fresh = [];
    this.#defer(this.#flushSome(batch));
  };

  readonly #flushBacklog = (): void => {
    const batch = this.#backlog;
    this.#backlog = [];
    this.#defer(this.#flushSome(batch));
  };

  /** Flushes from the front until the slice is over. Returns the rest. */
  #flushSome(batch: readonly Flushable[]): readonly Flushable[] {
    const startedAt = batch.length > WRITES_PER_LOOK ? this.#clock.now() : 0;
    let written = 0;
    for (const target of batch) {
      const mayLook = written > 0 && written % WRITES_PER_LOOK === 0;
      if (mayLook && this.#clock.now() - startedAt >= SLICE_MS) return batch.slice(written);
      target.flush();
      written += 1;
    }
    return [];
  }

  #defer(rest: readonly Flushable[]): void {
    if (rest.length === 0) return;
    if (this.#backlog.length === 0) this.#clock.after(0, this.#flushBacklog);
    this.#backlog = this.#backlog.concat(rest);
  }
}
