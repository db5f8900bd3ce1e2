// How many connections each IP address has: an entry for each address that has some, and none for others.

/** The connections of one server, by their addresses. */
export class AddressCount {
  readonly #most: number;
  readonly #counts = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Counts one more connection of `address`, unless it has as many as it may. Returns whether it did. */
  add(address: string): boolean {
    const count = this.#counts.get(address) ?? 0;
    if (count >= this.#most) return false;
    this.#counts.set(address, count + 1);
    return true;
  }

  /** A connection that was counted has ended. */
  remove(address: string): void {
    const count = this.#counts.get(address) ?? 0;
    if (count > 1) this.#counts.set(address, count - 1);
    else this.#counts.delete(address);
  }

  /** Addresses that have a connection. */
  get size(): number {
    return this.#counts.size;
  }
}
