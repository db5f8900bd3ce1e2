// One call of a random life, at its caller: how it was made, what was done to it, and what it came to.

import { CallError } from "typewire";
import type { ClientOf } from "typewire/bun";
import type { SeededRandom } from "@typewire/testkit";

import { calls, makeItem, names, type Plan, type shapes } from "./shapes.ts";

type Stream = AsyncIterable<{ readonly number: number }> &
  AsyncDisposable & { readonly output: Promise<unknown> };
type Faces = Readonly<Record<string, (...given: unknown[]) => unknown>>;

export type Outcome =
  { readonly ok: true; readonly output: unknown } | { readonly ok: false; readonly error: unknown };

/** What the program's own items throw. */
export class SourceError extends Error {}

function any<Value>(random: SeededRandom, ...values: readonly Value[]): Value {
  return values[random.integer(0, values.length - 1)] as Value;
}

export class Life {
  readonly name: string;
  readonly plan: Plan;
  readonly timeoutMs: number | undefined;
  readonly begunMs: number;
  readonly abort = new AbortController();
  /** Items that it sends, and behind which of them its source throws; -1: it does not. */
  readonly sent: number;
  readonly throwsBehind: number;
  readonly isTried: boolean;
  readonly wantsOutput: boolean;
  /** It reads an item only when it is told to. */
  readonly isSlow: boolean;
  /** Items after which the program leaves the stream; -1: it does not. */
  readonly leavesBehind: number;
  sourcesOpened = 0;
  sourcesClosed = 0;
  got = 0;
  hasLeft = false;
  outcomes: Outcome[] = [];
  /** Lets a slow reader take the next item. */
  take: () => void = () => {};

  constructor(
    key: number,
    client: ClientOf<typeof shapes>,
    nowMs: number,
    {
      random,
      timeoutsMs,
    }: { readonly random: SeededRandom; readonly timeoutsMs: readonly number[] },
  ) {
    this.name = any(random, ...names);
    this.plan = {
      key,
      items: any(random, 0, 1, 5, 20),
      itemBytes: any(random, 0, 10, 1000, 70_000),
      takes: any(random, -1, -1, -1, 0, 2),
      waits: random.next() < 0.5,
      end: any(
        random,
        ...(["well", "well", "well", "deaf", "declared", "throws"] as const),
        ...(["undeclared", "unfit", "unfit data"] as const),
      ),
    };
    this.begunMs = nowMs;
    this.timeoutMs = random.next() < 0.5 ? undefined : any(random, ...timeoutsMs);
    this.sent = any(random, 0, 1, 7, 20);
    this.throwsBehind = random.next() < 0.1 ? random.integer(0, 4) : -1;
    this.isTried = random.next() < 0.3;
    this.wantsOutput = random.next() < 0.5;
    this.isSlow = random.next() < 0.4;
    this.leavesBehind = random.next() < 0.2 ? random.integer(1, 4) : -1;
    void this.#live(client, random).then(
      (output) => this.outcomes.push({ ok: true, output }),
      (error: unknown) => this.outcomes.push({ ok: false, error }),
    );
  }

  get parts(): { readonly sends: boolean; readonly yields: boolean; readonly hasOutput: boolean } {
    const { sends = false, yields = false, hasOutput = false } = calls[this.name] ?? {};
    return { sends, yields, hasOutput };
  }

  /** Whether its source has thrown, or does when it is asked for that item. */
  get mayThrow(): boolean {
    return this.parts.sends && this.throwsBehind >= 0 && this.throwsBehind < this.sent;
  }

  async #live(client: ClientOf<typeof shapes>, random: SeededRandom): Promise<unknown> {
    const { sends, yields, hasOutput } = this.parts;
    const options = { timeoutMs: this.timeoutMs, signal: this.abort.signal };
    const sources: readonly (() => AsyncIterable<unknown> | Iterable<unknown>)[] = [
      () => this.#sync(),
      () => this.#async(),
      () => this.#bare(),
    ];
    const source = any(random, ...sources);
    const given = [this.plan, ...(sends ? [source()] : []), options];
    const faces = client as unknown as { readonly call: Faces; readonly try: Faces };
    if (!yields) {
      const answer = (this.isTried ? faces.try : faces.call)[this.name]?.(...given);
      if (!this.isTried) return answer;
      const outcome = (await answer) as { ok: boolean; output?: unknown; error?: unknown };
      if (!outcome.ok) throw outcome.error;
      return outcome.output;
    }
    const stream = faces.call[this.name]?.(...given) as Stream;
    const output = hasOutput && this.wantsOutput ? stream.output : undefined;
    output?.catch(() => {});
    for await (const { number } of stream) {
      if (number !== this.got) throw new Error(`item ${number} came as the ${this.got}th`);
      this.got += 1;
      this.hasLeft = this.got === this.leavesBehind;
      if (this.hasLeft) return undefined;
      if (this.isSlow) await new Promise<void>((resolve) => (this.take = resolve));
    }
    return output;
  }

  *#sync(): Generator<unknown> {
    this.sourcesOpened += 1;
    try {
      for (let number = 0; number < this.sent; number += 1) yield this.#item(number);
    } finally {
      this.sourcesClosed += 1;
    }
  }

  async *#async(): AsyncGenerator<unknown> {
    this.sourcesOpened += 1;
    try {
      for (let number = 0; number < this.sent; number += 1) {
        await Promise.resolve();
        yield this.#item(number);
      }
    } finally {
      this.sourcesClosed += 1;
    }
  }

  /** An iterator written by hand: `return` is the only thing that closes it early. */
  #bare(): AsyncIterable<unknown> {
    const close = (): void => void (this.sourcesClosed += 1);
    const next = async (number: number): Promise<IteratorResult<unknown>> => {
      if (number === this.sent || number === this.throwsBehind) close();
      if (number === this.sent) return { done: true, value: undefined };
      return { done: false, value: this.#item(number) };
    };
    return {
      [Symbol.asyncIterator]: () => {
        this.sourcesOpened += 1;
        let number = 0;
        return {
          next: () => next(number++),
          async return() {
            close();
            return { done: true, value: undefined };
          },
        };
      },
    };
  }

  #item(number: number): unknown {
    if (number === this.throwsBehind) throw new SourceError();
    return makeItem(number, this.plan.itemBytes);
  }
}

/** The error of a call, where it ended with one. */
export function errorOf(life: Life): CallError | undefined {
  const [outcome] = life.outcomes;
  return outcome?.ok === false && outcome.error instanceof CallError ? outcome.error : undefined;
}
