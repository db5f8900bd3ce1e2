// What a server asks its bus, by `flush`: whether it has what was handed over, whether it has the subscriptions, and,
// where there is nothing else to ask, whether it is still there. An answer of a line that has ended counts for nothing.

import type { Announcements } from "./announcements.ts";
import type { Outbox } from "./outbox.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { Transport } from "./transport.ts";

/** What is asked about, and what asks. */
export interface QuestionsParts {
  readonly transport: Transport;
  readonly outbox: Outbox;
  readonly subscriptions: Subscriptions;
  readonly announcements: Announcements;
  readonly now: () => number;
  /** The bus has answered, so long after it was asked. */
  readonly took: (elapsedMs: number) => void;
  /** Whether there is a line that is up. */
  readonly isUp: () => boolean;
  /** The bus has what was handed over. */
  readonly answered: () => void;
}

/** For one server. */
export class Questions {
  readonly #parts: QuestionsParts;
  #lines = 0;
  #isAsking = false;
  #isProbing = false;

  constructor(parts: QuestionsParts) {
    this.#parts = parts;
  }

  /** How many lines there have been. */
  get lines(): number {
    return this.#lines;
  }

  /** There is another line, which has been asked nothing. */
  begin(): void {
    this.#lines += 1;
    this.#isAsking = false;
    this.#isProbing = false;
  }

  /** Resolves with whether the line that is up now has answered. */
  async answer(): Promise<boolean> {
    const { transport, isUp, now, took } = this.#parts;
    const line = this.#lines;
    const askedAtMs = now();
    try {
      await transport.flush();
    } catch {
      return false;
    }
    if (!isUp() || line !== this.#lines) return false;
    took(now() - askedAtMs);
    return true;
  }

  /** Asks whether the bus has what the outbox has handed over. */
  askForBatches(): void {
    const { outbox, answered } = this.#parts;
    const { mark } = outbox;
    void this.answer().then((isAnswered) => {
      if (!isAnswered) return;
      outbox.answered(mark);
      answered();
    });
  }

  /** Asks whether it has the subscriptions that were made; one question for those of a turn. */
  askForSubscriptions(): void {
    const { subscriptions, announcements, isUp, now } = this.#parts;
    if (!isUp() || this.#isAsking || !subscriptions.isPending) return;
    this.#isAsking = true;
    const line = this.#lines;
    queueMicrotask(() => {
      const topics = subscriptions.takeAsked();
      void this.answer().then((isAnswered) => {
        subscriptions.answered(topics, isAnswered ? now() : undefined);
        if (isAnswered) for (const topic of topics) announcements.changed(topic);
        if (line !== this.#lines) return;
        this.#isAsking = false;
        if (isAnswered) this.askForSubscriptions();
      });
    });
  }

  /**
   * Asks where nothing waits for an answer: nothing else would show that the bus has stopped. The transport ends a line
   * that does not answer.
   */
  probe(): void {
    if (this.#isProbing || !this.#parts.outbox.isAnswered) return;
    this.#isProbing = true;
    const line = this.#lines;
    void this.answer().then(() => {
      if (line === this.#lines) this.#isProbing = false;
    });
  }
}
