// The last things that happened to a server's connections. Keeps codes and addresses, and nothing that a peer
// or a handler has said: the sentences of an end may quote either.

/** Events that are kept. */
const MOST_EVENTS = 200;

/** One event. */
export interface LoggedEvent {
  /** Rises by one with each event. */
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly what:
    | "connected"
    | "closed"
    | "not opened"
    | "turned away"
    | "draining"
    | "gap"
    | "bus up"
    | "bus down"
    | "bus refuses"
    | "server joined"
    | "server left"
    | "server lost";
  /** The connection's, which is an address, or another server's; empty where it is about this server. */
  readonly name: string;
  /** Why, as a code of ours; empty for what needs no reason. */
  readonly code: string;
}

/** A ring of events. */
export class EventLog {
  readonly #events: LoggedEvent[] = [];
  #last = 0;

  add(what: LoggedEvent["what"], name = "", code = ""): void {
    this.#last += 1;
    this.#events.push({ number: this.#last, at: Date.now(), what, name, code });
    if (this.#events.length > MOST_EVENTS) this.#events.shift();
  }

  /** Those behind `number`, the oldest first. */
  after(number: number): readonly LoggedEvent[] {
    return this.#events.filter((event) => event.number > number);
  }
}
