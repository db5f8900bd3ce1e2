// What the model's client sent, on which connections, and what became of it. The items are numbered through
// all of its life, so that one sent again is known as such.

import { areEqual, judge, ranges } from "./arrived.ts";
import { Carried, streamEnd, type StreamPosition } from "./carried.ts";

/** One connection, of which something was heard. */
class Carrier extends Carried {
  readonly stream: StreamPosition;
  hasOpened = false;
  /** Whether it answered something with `$error`: a `$hello` in which a bit was flipped, before it opened. */
  hasRefused = false;

  constructor(stream: StreamPosition) {
    super();
    this.stream = stream;
  }
}

export class ClientRecord {
  /** How many items were sent. */
  sent = 0;
  /** What the servers received, in order of arrival. */
  readonly received: number[] = [];
  /** What the client reported undelivered, in that order. */
  readonly undelivered: number[] = [];
  readonly #isResending: boolean;
  /** In the order in which they were first heard of. */
  readonly #carriers = new Map<StreamPosition, Carrier>();
  /** Where the first item begins on every connection: behind `$hello`. Known from the first connection. */
  #firstStart = 0;
  #unexpected: string[] = [];

  constructor({ isResending }: { readonly isResending: boolean }) {
    this.#isResending = isResending;
  }

  /** For `onSent`: item `number` went out on this connection, in so many bytes. */
  sentOn(stream: StreamPosition, number: number, frameBytes: number): void {
    const carrier = this.#carrierOf(stream);
    // Before `opened` only what is sent again, directly behind `$hello`.
    const endsAt = carrier.hasOpened
      ? streamEnd(stream)
      : carrier.lastEnd(this.#firstStart) + frameBytes;
    carrier.add(number, endsAt);
  }

  /** For `onRefused`. */
  refusedOn(stream: StreamPosition): void {
    this.#carrierOf(stream).hasRefused = true;
  }

  /** For `onOpen`. */
  opened(stream: StreamPosition): void {
    const carrier = this.#carrierOf(stream);
    if (this.#firstStart === 0) this.#firstStart = streamEnd(stream);
    const aheadBytes = streamEnd(stream) - carrier.lastEnd(this.#firstStart);
    carrier.moveBy(aheadBytes);
    if (aheadBytes !== 0 && !carrier.hasRefused) {
      this.#unexpected.push(`a connection opens with ${aheadBytes} unknown bytes`);
    }
    carrier.hasOpened = true;
  }

  /** For `onClose`. */
  closed(stream: StreamPosition): void {
    this.#carrierOf(stream).takenBytes = stream.stats.bytesSent;
  }

  /** Whether the newest connection carries this item. */
  isOnNewest(number: number): boolean {
    return this.#all.at(-1)?.numbers.includes(number) === true;
  }

  /**
   * What went wrong, in sentences. `hasEndedInOrder` means that the last connection was closed on a line
   * without faults; every one of `flippedBits` may have cost one item.
   */
  verify({
    flippedBits,
    hasEndedInOrder,
  }: {
    readonly flippedBits: number;
    readonly hasEndedInOrder: boolean;
  }): readonly string[] {
    const carriers = this.#all.filter(({ numbers }) => numbers.length > 0);
    for (const carrier of carriers) {
      // A connection that ended while items were sent again on it has neither opened nor closed for its observers.
      if (!carrier.hasOpened) carrier.takenBytes = carrier.stream.stats.bytesSent;
    }
    const unended = carriers.filter(({ takenBytes }) => takenBytes === undefined);
    if (unended.length > 0) return ["client: a connection has not ended"];
    const faults = [...this.#unexpected, ...this.#verifyReports(carriers)];
    const takenBy = new Map<number, Carrier>();
    for (const carrier of carriers) {
      const again = carrier.taken.filter((number) => takenBy.has(number));
      if (again.length > 0) faults.push(`sent ${ranges(again)} again, though the socket had it`);
      for (const number of carrier.taken) takenBy.set(number, carrier);
    }
    const alien = this.received.filter((number) => !takenBy.has(number));
    if (alien.length > 0) faults.push(`received ${ranges(alien)}, which never left whole`);
    let gaps = 0;
    for (const [index, carrier] of carriers.entries()) {
      const arrived = this.received.filter((number) => takenBy.get(number) === carrier);
      const isComplete = hasEndedInOrder && carrier === carriers.at(-1);
      const due = isComplete ? carrier.numbers : carrier.taken;
      const verdict = judge(due, arrived, isComplete);
      gaps += verdict.gaps;
      faults.push(...verdict.faults.map((fault) => `on connection ${index}: ${fault}`));
    }
    if (gaps > flippedBits)
      faults.push(`${gaps} missing among received, ${flippedBits} bits flipped`);
    return faults.map((fault) => `client: ${fault}`);
  }

  get #all(): readonly Carrier[] {
    return [...this.#carriers.values()];
  }

  #carrierOf(stream: StreamPosition): Carrier {
    const known = this.#carriers.get(stream);
    if (known !== undefined) return known;
    const carrier = new Carrier(stream);
    this.#carriers.set(stream, carrier);
    return carrier;
  }

  /** What no socket took is reported in order, or opens the next connection in order; all else is new. */
  #verifyReports(carriers: readonly Carrier[]): readonly string[] {
    const faults: string[] = [];
    const unreported: number[] = [];
    let kept: readonly number[] = [];
    let count = 0;
    for (const [index, { numbers, left }] of carriers.entries()) {
      const again = numbers.slice(0, kept.length);
      if (!areEqual(again, kept.slice(0, again.length))) {
        faults.push(`connection ${index} begins with ${ranges(again)}, kept was ${ranges(kept)}`);
      }
      const fresh = numbers.slice(kept.length);
      if (
        !areEqual(
          fresh,
          Array.from(fresh, (_, at) => count + at),
        )
      ) {
        faults.push(`connection ${index} goes on with ${ranges(fresh)}, expected from ${count}`);
      }
      count += fresh.length;
      if (this.#isResending) kept = [...left, ...kept.slice(numbers.length)];
      else unreported.push(...left);
    }
    if (count !== this.sent) faults.push(`sent ${this.sent}, of which ${count} were queued`);
    unreported.push(...kept);
    if (!areEqual(this.undelivered, unreported)) {
      faults.push(
        `reported ${ranges(this.undelivered)} undelivered, but ${ranges(unreported)} had not left`,
      );
    }
    return faults;
  }
}
