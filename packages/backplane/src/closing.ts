// How a server leaves the bus: what it has published leaves first, and the others are told where its numbers are. A
// bus that is away is waited for, within a bound; without that, what is held would be lost and never counted.

import type { Cancel, Clock } from "@typewire/connection";

import type { Announcements } from "./announcements.ts";
import type { Beats } from "./beats.ts";
import type { Outbox } from "./outbox.ts";
import type { Questions } from "./questions.ts";

/** What waits when the server ends may take so long to leave; and a bus that is away, to be back. */
const CLOSE_MS = 2000;

export interface ClosingParts {
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly announcements: Announcements;
  readonly beats: Beats;
  readonly questions: Questions;
  /** `hopeless`: there will be none any more. */
  readonly line: () => "up" | "away" | "hopeless";
  /** How long what is held may be held back on a line that is up. */
  readonly holdMs: () => number;
  /** Ends the line at once; `over` is called by it. */
  readonly destroy: () => void;
}

/** For one server. */
export class Closing {
  readonly #parts: ClosingParts;
  readonly #done = Promise.withResolvers<void>();
  #hasBegun = false;
  #cancel: Cancel = () => {};

  constructor(parts: ClosingParts) {
    this.#parts = parts;
  }

  /** Resolves when the line is destroyed. */
  begin(): Promise<void> {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.lineChanged();
    }
    return this.#done.promise;
  }

  /** The line is up, or is not any more: what waits has as long again. */
  lineChanged(): void {
    if (!this.#hasBegun) return;
    const { clock, outbox, line, holdMs, destroy } = this.#parts;
    this.#cancel();
    const state = line();
    if (state === "hopeless" || (state === "away" && outbox.isEmpty)) {
      destroy();
      return;
    }
    this.#cancel = clock.after(CLOSE_MS + (state === "up" ? holdMs() : 0), destroy);
    if (state === "up") this.answered();
  }

  /** The bus has something more of what was published: perhaps all. */
  answered(): void {
    if (!this.#hasBegun) return;
    const { outbox, announcements, beats, questions, destroy } = this.#parts;
    if (!outbox.isEmpty) {
      outbox.pump();
      outbox.ask();
      return;
    }
    // What one beat says to be missing counts as lost when another says so too, and there is no later one.
    for (let times = 0; times < 2; times += 1) {
      announcements.everything();
      beats.beat();
    }
    void questions.answer().then((isAnswered) => {
      // What was published meanwhile is answered later.
      if (isAnswered && !outbox.isEmpty) this.answered();
      else if (isAnswered) destroy();
    });
  }

  /** The line is destroyed. */
  over(): void {
    this.#cancel();
    this.#done.resolve();
  }
}
