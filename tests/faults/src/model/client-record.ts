// What the model's client sent, on which connections, and what became of it. The items are numbered through
// all of its life, so that one sent again is known as such.

import type { Observer } from "@typewire/connection";

import { areEqual, judge, ranges } from "./arrived.ts";
import { Carried, streamEnd, type StreamPosition } from "./carried.ts";
import type { Item } from "./protocol.ts";

/** One connection, or an attempt at one. */
class Carrier extends Carried {
  position: StreamPosition | undefined;
  /** Whether it answered something with `$error`: a `$hello` in which a bit was flipped, before it opened. */
  hasRefused = false;
}

export class ClientRecord {
  /** How many items were sent. */
  sent = 0;
  /** What the servers received, in order of arrival. */
  readonly received: number[] = [];
  /** What the client reported undelivered, in that order. */
  readonly undelivered: number[] = [];
  readonly #isResending: boolean;
  readonly #carriers: Carrier[] = [];
  /** Where the first item begins on every connection: behind `$hello`. Known from the first connection. */
  #firstStart = 0;
  #unexpected: string[] = [];

  constructor({ isResending }: { readonly isResending: boolean }) {
    this.#isResending = isResending;
  }

  /** An attempt to connect begins. */
  observe(): Observer<Item, Item> {
    const carrier = new Carrier();
    this.#carriers.push(carrier);
    return {
      sent: ({ number }, _, start, end) => {
        const { position } = carrier;
        // Before `opened` only what is sent again, directly behind `$hello`.
        const endsAt =
          position === undefined
            ? carrier.lastEnd(this.#firstStart) + end - start
            : streamEnd(position);
        carrier.add(number, endsAt);
      },
      refused: () => {
        carrier.hasRefused = true;
      },
    };
  }

  /** For the client's `open` handler. */
  opened(connection: StreamPosition): void {
    const carrier = this.#carriers.at(-1);
    if (carrier === undefined) throw new Error("A connection that was never attempted");
    if (this.#firstStart === 0) this.#firstStart = streamEnd(connection);
    const aheadBytes = streamEnd(connection) - carrier.lastEnd(this.#firstStart);
    carrier.moveBy(aheadBytes);
    if (aheadBytes !== 0 && !carrier.hasRefused) {
      this.#unexpected.push(`a connection opens with ${aheadBytes} unknown bytes`);
    }
    carrier.position = connection;
  }

  /** For the client's `close` handler. */
  closed(connection: StreamPosition): void {
    // One that ended while items were sent again never came to its `open` handler.
    const carrier =
      this.#carriers.find(({ position }) => position === connection) ?? this.#carriers.at(-1);
    if (carrier !== undefined) carrier.takenBytes = connection.stats.bytesSent;
  }

  /** Whether the newest connection carries this item. */
  isOnNewest(number: number): boolean {
    return this.#carriers.at(-1)?.numbers.includes(number) === true;
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
    const carriers = this.#carriers.filter(({ numbers }) => numbers.length > 0);
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
