// The open calls of one connection at one end, by their ids. Ids count up, so an array in which a call stands at the
// lowest bits of its id finds most of them; a Map of what comes and goes would make a table anew every few calls,
// which is 200 to 650 bytes of garbage for each. Whether an id may be used is `CallIds`' business.

/** Places to begin with, and those that are kept when the last call has gone. A power of two, as all numbers of places. */
const LEAST_PLACES = 8;
const MOST_KEPT_PLACES = 64;

/** Calls that are open, whose ids do not change while they are. */
export class CallsById<Call extends { readonly id: number }> {
  #places: (Call | undefined)[] = [];
  /** Calls that are open for so long that a later one has their place. */
  #displaced: Map<number, Call> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): Call | undefined {
    const call = this.#places[id & (this.#places.length - 1)];
    return call?.id === id ? call : this.#displaced?.get(id);
  }

  /** `call` is open; none with its id is yet. */
  add(call: Call): void {
    if (this.#size >= this.#places.length) this.#grow();
    this.#size += 1;
    this.#put(call);
  }

  /** The call with this id, which is open, is no longer. */
  delete(id: number): void {
    const at = id & (this.#places.length - 1);
    this.#size -= 1;
    if (this.#places[at]?.id === id) this.#places[at] = undefined;
    else this.#displaced?.delete(id);
    if (this.#size === 0 && this.#places.length > MOST_KEPT_PLACES) this.clear();
  }

  clear(): void {
    this.#places = [];
    this.#displaced = undefined;
    this.#size = 0;
  }

  /** All of them as they are now, in the order of their ids. */
  all(): Call[] {
    const calls = this.#places.filter((call) => call !== undefined);
    if (this.#displaced !== undefined) calls.push(...this.#displaced.values());
    return calls.sort((a, b) => a.id - b.id);
  }

  #put(call: Call): void {
    const at = call.id & (this.#places.length - 1);
    const before = this.#places[at];
    if (before !== undefined) {
      this.#displaced ??= new Map();
      this.#displaced.set(before.id, before);
    }
    this.#places[at] = call;
  }

  #grow(): void {
    const calls = this.all();
    const places = Math.max(LEAST_PLACES, 2 * this.#places.length);
    this.#places = Array.from({ length: places }, () => undefined);
    this.#displaced = undefined;
    for (const call of calls) this.#put(call);
  }
}
