// Back-pressure from recipients to a speaker: while many connections have a long queue, the connection whose
// messages fill the queues is not read, for a while. Counts long queues; which connections hear which is the
// server's to know.

import type { Cancel, Clock } from "../time/clock.ts";

/** So much of an audience has to lag behind before its speaker rests. */
const SLOW_SHARE = 1 / 4;

/** The longest rest: an audience that stands still must not silence a speaker. */
export const MOST_REST_MS = 1_000;

/** A speaker that rests. */
interface Rest {
  readonly recipients: number;
  readonly cancel: Cancel;
  readonly over: () => void;
}

/** The connections of one endpoint, as far as they hear each other. */
export class Audience<Connection> {
  /** The connection whose handler is being called now; undefined outside of handlers, and after their first `await`. */
  speaker: Connection | undefined;
  readonly #clock: Clock;
  /** Connections with a queue above the soft limit. */
  #slow = 0;
  readonly #resting = new Set<Rest>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A connection's queue is above the soft limit now, or no longer. */
  queueIsLong(isLong: boolean): void {
    this.#slow += isLong ? 1 : -1;
    if (isLong) return;
    for (const rest of this.#resting) {
      if (!isSlow(this.#slow, rest.recipients)) this.#end(rest);
    }
  }

  /** Calls `over` once, when fewer than a quarter of so many recipients can have a long queue, or after `MOST_REST_MS`. */
  rest(recipients: number, over: () => void): void {
    const rest: Rest = {
      recipients,
      cancel: this.#clock.after(MOST_REST_MS, () => this.#end(rest)),
      over,
    };
    this.#resting.add(rest);
  }

  #end(rest: Rest): void {
    if (!this.#resting.delete(rest)) return;
    rest.cancel();
    rest.over();
  }
}

/** Whether `slow` of so many recipients are too many for the speaker to go on. */
export function isSlow(slow: number, recipients: number): boolean {
  return slow > 0 && slow >= recipients * SLOW_SHARE;
}
