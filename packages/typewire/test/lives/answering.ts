// The handlers of the random lives: each does what its input says, and what has become of it is counted by key.

import { type CallError } from "typewire";
import type { ServerHandlers } from "typewire/bun";

import { calls, makeItem, type Plan, type shapes } from "./shapes.ts";

/** The `call` of a handler, whatever the call has. */
interface Handled {
  readonly signal: AbortSignal;
  readonly items: AsyncIterable<{ readonly number: number }>;
  error(code: string, data?: unknown): CallError;
}

/** What must never reach a caller. */
export const SECRET = "a handler's secret";

export class Answering {
  /** How often the handler of a key has begun, and has settled. */
  readonly begun = new Map<number, number>();
  readonly settled = new Map<number, number>();
  /** Handlers that wait: each goes on when it is called. */
  readonly waiting = new Set<() => void>();
  /** Whether handlers wait at all: not at the end. */
  areFree = false;
  running = 0;

  /** What does not fit is among what they return, on purpose. */
  get handlers(): ServerHandlers<typeof shapes> {
    const ofCalls = Object.values(calls).map(({ name, sends, yields, hasOutput }) => {
      const run = (plan: Plan, call: Handled) => this.#run(plan, call, { sends, yields });
      const told = (plan: Plan, result: unknown): unknown =>
        hasOutput || plan.end === "unfit" ? result : undefined;
      const streamed = async function* (plan: Plan, call: Handled) {
        return told(plan, yield* run(plan, call));
      };
      const answered = async (plan: Plan, call: Handled) => {
        const { value } = await run(plan, call).next();
        return told(plan, value);
      };
      return [name, yields ? streamed : answered];
    });
    return { ...Object.fromEntries(ofCalls), said() {} } as unknown as ServerHandlers<
      typeof shapes
    >;
  }

  /** Lets all that wait go on, and nothing wait any more. */
  free(): void {
    this.areFree = true;
    for (const go of this.waiting) go();
  }

  async *#run(
    plan: Plan,
    call: Handled,
    { sends, yields }: { readonly sends: boolean; readonly yields: boolean },
  ): AsyncGenerator<unknown, unknown> {
    const { key, items, itemBytes, takes } = plan;
    this.begun.set(key, (this.begun.get(key) ?? 0) + 1);
    this.running += 1;
    try {
      await this.#wait(plan, call);
      let took = 0;
      let yielded = 0;
      if (sends && takes !== 0) {
        for await (const { number } of call.items) {
          if (number !== took) throw new Error(`item ${number} came as the ${took}th`);
          took += 1;
          if (yields && yielded < items) yield makeItem(yielded++, itemBytes);
          if (took === takes) break;
          if (took % 3 === 0) await this.#wait(plan, call);
        }
      }
      while (yields && yielded < items) {
        yield makeItem(yielded++, itemBytes);
        if (yielded % 3 === 0) await this.#wait(plan, call);
      }
      return ended(plan, call, took);
    } finally {
      this.running -= 1;
      this.settled.set(key, (this.settled.get(key) ?? 0) + 1);
    }
  }

  async #wait({ waits, end }: Plan, { signal }: Handled): Promise<void> {
    if (!waits || this.areFree) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = (): void => reject(signal.reason);
    this.waiting.add(resolve);
    if (end !== "deaf") {
      if (signal.aborted) abort();
      signal.addEventListener("abort", abort);
    }
    try {
      await promise;
    } finally {
      this.waiting.delete(resolve);
    }
  }
}

function ended({ end, key }: Plan, call: Handled, took: number): unknown {
  if (end === "declared") throw call.error("declared", { key });
  if (end === "undeclared") throw call.error(SECRET, { key });
  if (end === "throws") throw new Error(SECRET);
  if (end === "unfit data") throw call.error("declared", { key: SECRET });
  return end === "unfit" ? { key: SECRET, took } : { key, took };
}
