// What the model's servers sent on each connection, and what became of it, from the lines that they print.

import { areEqual, judge, ranges } from "./arrived.ts";

/** One connection of a server's. */
interface Flow {
  sent: number;
  readonly received: number[];
  readonly undelivered: number[];
  /** How many the socket had taken when the connection ended; undefined where the server was killed. */
  taken: number | undefined;
}

export class ServerRecord {
  readonly #flows = new Map<number, Flow>();

  flow(name: number): Flow {
    const flow = this.#flows.get(name) ?? {
      sent: 0,
      received: [],
      undelivered: [],
      taken: undefined,
    };
    this.#flows.set(name, flow);
    return flow;
  }

  /** How many the client received in all. */
  get receivedCount(): number {
    return [...this.#flows.values()].reduce((sum, { received }) => sum + received.length, 0);
  }

  /**
   * What went wrong, in sentences. `endedInOrder` is the flow that the server closed on a line without
   * faults; every one of `flippedBits` may have cost one item.
   */
  verify({
    flippedBits,
    endedInOrder,
  }: {
    readonly flippedBits: number;
    readonly endedInOrder: number | undefined;
  }): readonly string[] {
    const faults: string[] = [];
    let gaps = 0;
    for (const [name, { sent, received, undelivered, taken }] of this.#flows) {
      const say = (fault: string): void => void faults.push(`server, flow ${name}: ${fault}`);
      if (taken !== undefined) {
        const left = countFrom(taken, sent);
        if (!areEqual(undelivered, left)) {
          say(`reported ${ranges(undelivered)} undelivered, but ${ranges(left)} had not left`);
        }
        const alien = received.filter((number) => number >= taken);
        if (alien.length > 0) say(`received ${ranges(alien)}, which never left whole`);
      }
      const isComplete = name === endedInOrder;
      const last = received.reduce((most, number) => Math.max(most, number), -1);
      const due = isComplete ? sent : (taken ?? last + 1);
      const verdict = judge(countFrom(0, due), received, isComplete);
      gaps += verdict.gaps;
      for (const fault of verdict.faults) say(fault);
    }
    if (gaps > flippedBits) {
      faults.push(`server: ${gaps} missing among received, ${flippedBits} bits flipped`);
    }
    return faults;
  }
}

function countFrom(from: number, to: number): readonly number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
}
