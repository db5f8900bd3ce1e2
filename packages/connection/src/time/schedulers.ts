// Which connections work when: two queues, one of connections that have bytes to write, one of connections
// that have messages left over from an earlier turn. Each is served in slices, between which the event loop
// serves its sockets. Knows nothing of bytes or messages.

import type { Clock } from "./clock.ts";

/** How long one slice may hold the event loop: a write costs the kernel about 7 µs, so some 700 of them. */
const SLICE_MS = 5;

/** Reading the clock after every write would cost one per cent of it. */
const WRITES_PER_LOOK = 16;

/** Something that has bytes to write. */
export interface Flushable {
  /** Writes what it can; never throws. */
  flush(): void;
}

/** Flushes everything that asked for it, once at the end of the turn in which it asked, in one microtask. */
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
    this.#defer(serveSlice(this.#clock, batch, flush, WRITES_PER_LOOK));
  };

  readonly #flushBacklog = (): void => {
    const batch = this.#backlog;
    this.#backlog = [];
    this.#defer(serveSlice(this.#clock, batch, flush, WRITES_PER_LOOK));
  };

  #defer(rest: readonly Flushable[]): void {
    if (rest.length === 0) return;
    if (this.#backlog.length === 0) this.#clock.after(0, this.#flushBacklog);
    this.#backlog = this.#backlog.concat(rest);
  }
}

/** Something with messages left over. */
export interface Resumable {
  /** Handles one turn's worth; asks again when there is more. Never throws. */
  continue(): void;
}

/** Lets connections with more than one turn's messages go on in later turns, one after the other. */
export class TurnScheduler {
  readonly #clock: Clock;
  #waiting: Resumable[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a connection waits for its turn: then no other should take a whole turn before it. */
  get isBusy(): boolean {
    return this.#waiting.length > 0;
  }

  /** Calls `target.continue()` in a later turn. The target asks again only after that. */
  schedule(target: Resumable): void {
    if (this.#waiting.push(target) === 1) this.#clock.after(0, this.#run);
  }

  readonly #run = (): void => {
    const batch = this.#waiting;
    this.#waiting = [];
    const rest = serveSlice(this.#clock, batch, resume, 1);
    const again = this.#waiting;
    this.#waiting = rest.concat(again);
    // A target that asked again first has also asked for the next run.
    if (again.length === 0 && rest.length > 0) this.#clock.after(0, this.#run);
  };
}

const flush = (target: Flushable): void => target.flush();
const resume = (target: Resumable): void => target.continue();

/** Serves targets from the front until the slice is over, one at least. Returns the rest. */
function serveSlice<Target>(
  clock: Clock,
  batch: Target[],
  serve: (target: Target) => void,
  targetsPerLook: number,
): Target[] {
  const startedAtMs = batch.length > targetsPerLook ? clock.now() : 0;
  let served = 0;
  for (const target of batch) {
    const mayLook = served > 0 && served % targetsPerLook === 0;
    if (mayLook && clock.now() - startedAtMs >= SLICE_MS) return batch.slice(served);
    serve(target);
    served += 1;
  }
  return [];
}
