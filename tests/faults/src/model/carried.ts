// The items that one connection was given to carry, and where in its stream of bytes each ends: so the
// number of bytes that the socket took says which items it took, whatever is reported later.

/** What a connection says of its stream. */
export interface StreamPosition {
  readonly queuedBytes: number;
  readonly stats: { readonly bytesSent: number };
}

/** Where the stream ends: what the socket has taken, and what waits for it. */
export function streamEnd({ queuedBytes, stats }: StreamPosition): number {
  return stats.bytesSent + queuedBytes;
}

export class Carried {
  /** In the order in which they were sent. */
  readonly numbers: number[] = [];
  /** How many bytes the socket had taken when the connection ended; undefined until then. */
  takenBytes: number | undefined;
  readonly #ends: number[] = [];

  /** Where the last item ends, or else the stream's own beginning, `fallback`. */
  lastEnd(fallback: number): number {
    return this.#ends.at(-1) ?? fallback;
  }

  /** An item was sent; in the stream it ends at `endsAt`. */
  add(number: number, endsAt: number): void {
    this.numbers.push(number);
    this.#ends.push(endsAt);
  }

  /** So many bytes were in front of all of them. */
  moveBy(bytes: number): void {
    for (const [index, end] of this.#ends.entries()) this.#ends[index] = end + bytes;
  }

  /** Items that the socket took whole: if they did not arrive, the line has them. */
  get taken(): readonly number[] {
    return this.numbers.slice(0, this.#takenCount);
  }

  /** Items that the socket did not take, or not whole: they cannot have arrived. */
  get left(): readonly number[] {
    return this.numbers.slice(this.#takenCount);
  }

  get #takenCount(): number {
    const { takenBytes } = this;
    if (takenBytes === undefined) throw new Error("The connection has not ended");
    const firstLeft = this.#ends.findIndex((end) => end > takenBytes);
    return firstLeft < 0 ? this.#ends.length : firstLeft;
  }
}
