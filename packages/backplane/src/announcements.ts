// Which topics the next beats speak of: those that have changed, three times, since what one says counts when another
// says it too, and a beat may be lost; all of them when another server has come; and a few of the others in turn, for
// what was lost all the same.

/** A change is told in so many beats. */
const TIMES = 3;

/** Topics in turn that a beat speaks of beside. */
const IN_TURN = 64;

/** The most topics of one beat; what is left is told in the next. */
export const MOST_TOLD = 8192;

/** For one server. `all` yields every topic that can be told of, some perhaps twice. */
export class Announcements {
  readonly #all: () => Iterable<string>;
  readonly #changed = new Map<string, number>();
  #everything: Iterator<string> | undefined;
  #inTurn: Iterator<string> | undefined;

  constructor(all: () => Iterable<string>) {
    this.#all = all;
  }

  /** The next beats speak of `topic`. */
  changed(topic: string): void {
    this.#changed.set(topic, TIMES);
  }

  /** The next beats speak of every topic. */
  everything(): void {
    this.#everything = this.#all()[Symbol.iterator]();
  }

  /** The topics of the next beat, each once. */
  next(): readonly string[] {
    const told = new Set<string>();
    const again: [string, number][] = [];
    for (const [topic, times] of this.#changed) {
      if (told.size >= MOST_TOLD) break;
      told.add(topic);
      this.#changed.delete(topic);
      if (times > 1) again.push([topic, times - 1]);
    }
    // Behind what has not been told yet.
    for (const [topic, times] of again) this.#changed.set(topic, times);
    this.#everything = fill(told, this.#everything, MOST_TOLD - told.size);
    this.#inTurn ??= this.#all()[Symbol.iterator]();
    this.#inTurn = fill(told, this.#inTurn, IN_TURN);
    return [...told];
  }
}

/** Adds up to `count` topics of `from`, and returns it, or undefined where it has come to its end. */
function fill(
  told: Set<string>,
  from: Iterator<string> | undefined,
  count: number,
): Iterator<string> | undefined {
  if (from === undefined) return undefined;
  for (let index = 0; index < count; index += 1) {
    const { done, value } = from.next();
    if (done === true) return undefined;
    told.add(value);
  }
  return from;
}
