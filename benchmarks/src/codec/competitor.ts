// One side in one codec benchmark: its loop over the corpus, and the checks that what it returns are the
// messages of the corpus, before anything is timed and after.

import type { Corpus, Message } from "./corpus.ts";
import type { CodecSide, PreparedSide } from "./side.ts";
import type { Direction } from "./sides.ts";
import { TimedLoop } from "./timed-loop.ts";

/** A side made ready to be timed. */
export class Competitor {
  readonly name: string;
  readonly loop: TimedLoop;
  readonly #direction: Direction;
  readonly #corpus: Corpus;
  readonly #side: CodecSide;
  readonly #prepared: PreparedSide;

  constructor(name: string, side: CodecSide, direction: Direction, corpus: Corpus) {
    this.name = name;
    this.#direction = direction;
    this.#corpus = corpus;
    this.#side = side;
    this.#prepared = side.prepare(corpus);
    const { decode, encode, values, wire } = this.#prepared;
    this.loop =
      direction === "decode"
        ? new TimedLoop(decode, wire, Bun.nanoseconds)
        : new TimedLoop(encode, values, Bun.nanoseconds);
  }

  /** What the table says of the side: the mean size of its messages, and what it checks. */
  get facts(): { readonly bytes: number; readonly checks: string } {
    const { decodeChecks, encodeChecks } = this.#side;
    const sizes = this.#prepared.wire.map(byteLength);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    return {
      bytes: Math.round(total / sizes.length),
      checks: this.#direction === "decode" ? decodeChecks : encodeChecks,
    };
  }

  /** Every message survives the way to the wire and back, whichever of the two is timed. */
  assertEqualResults(): void {
    const { decode, encode, keep, values, wire } = this.#prepared;
    for (const index of this.#corpus.messages.keys()) {
      const bytes = this.#direction === "decode" ? wire[index] : keep(encode(values[index]));
      this.#assertSame(index, decode(bytes));
    }
  }

  /** The results of the timed calls themselves. Encoders reuse their memory, so theirs are made again. */
  assertResultsHeld(): void {
    if (this.#direction === "encode") {
      this.assertEqualResults();
      return;
    }
    for (const [index, result] of this.loop.results.entries()) this.#assertSame(index, result);
  }

  #assertSame(index: number, decoded: unknown): void {
    const expected = this.#corpus.messages[index];
    const actual = this.#prepared.toMessage(decoded);
    if (Bun.deepEquals(actual, expected)) return;
    throw new Error(
      `${this.name}: message ${index} of corpus ${this.#corpus.name} is not what went in: ` +
        `expected ${excerpt(expected)}, got ${excerpt(actual)}`,
    );
  }
}

function excerpt(value: Message | undefined): string {
  return JSON.stringify(value).slice(0, 200);
}

function byteLength(item: unknown): number {
  if (typeof item === "string") return Buffer.byteLength(item);
  return (item as { readonly byteLength: number }).byteLength;
}
