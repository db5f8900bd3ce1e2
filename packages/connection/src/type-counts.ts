// How many messages of each name a side has sent, or got and has no handler for, over all connections of an
// endpoint. One count costs a comparison and an increment as long as messages of one name follow each other.

/** The name under which frames are counted that another server has made, and that this one passes on unread. */
export const FORWARDED = "$forwarded";

interface Count {
  readonly name: string;
  messages: number;
}

/** One for each endpoint. */
export class TypeCounts {
  readonly #counts = new Map<string, Count>();
  #last: Count = { name: "", messages: 0 };

  /** `names`: those that are told although there was none. */
  constructor(names: readonly string[]) {
    for (const name of names) this.#countOf(name);
  }

  /** Counts valid messages, whose name is one of the protocol's, or `FORWARDED`. */
  add(name: string, messages = 1): void {
    if (this.#last.name !== name) this.#last = this.#countOf(name);
    this.#last.messages += messages;
  }

  /** Messages by their names. */
  get byName(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].map(([name, { messages }]) => [name, messages]));
  }

  #countOf(name: string): Count {
    const found = this.#counts.get(name);
    if (found !== undefined) return found;
    const count = { name, messages: 0 };
    this.#counts.set(name, count);
    return count;
  }
}
