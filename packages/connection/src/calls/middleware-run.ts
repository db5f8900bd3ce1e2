// The middlewares around one handler as they run: `next()` settles when the handler has, and the call has settled
// when both have, whether a middleware waits for the handler or not.

import type { CallError, CallShape } from "@typewire/protocol";

import { promiseOf } from "../handlers.ts";
import type { HandledCall } from "./handled-call.ts";
import type { Middleware } from "./call-table.ts";

/** What a handler, or a middleware in its place, came to. */
export type Outcome =
  { readonly ok: true; readonly output: unknown } | { readonly ok: false; readonly error: unknown };

/** The call, as the middlewares around it see it. */
export interface SurroundedCall {
  readonly shape: CallShape;
  /** Why it ends before its handler has settled. */
  readonly reason: CallError | undefined;
  readonly hasSettled: boolean;
  /** Begins the handler, which tells `handled` once. Never throws. */
  handle(input: unknown, face: HandledCall): void;
  /** The handler has settled, and the outermost middleware. */
  settle(outcome: Outcome): void;
}

/** One call's middlewares. */
export class MiddlewareRun {
  readonly #call: SurroundedCall;
  readonly #middlewares: readonly Middleware<never>[];
  readonly #input: unknown;
  readonly #face: HandledCall;
  /** How many of them have begun, the handler behind them included. */
  #begun = 0;
  /** What `next()` gave out, while the handler runs. */
  #next: PromiseWithResolvers<unknown> | undefined;
  /** What the handler came to before `next()` had returned: most calls need no promise that is settled later. */
  #handledWithin: Outcome | undefined;
  /** What the outermost came to, while the handler still runs. */
  #answer: Outcome | undefined;

  /** The first of `middlewares` is outermost. `face` is what they, and the handler, are given. */
  constructor(
    call: SurroundedCall,
    middlewares: readonly Middleware<never>[],
    input: unknown,
    face: HandledCall,
  ) {
    this.#call = call;
    this.#middlewares = middlewares;
    this.#input = input;
    this.#face = face;
  }

  /** Runs the outermost. Never throws. */
  begin(): void {
    let answer: unknown;
    try {
      answer = this.#runFrom(0);
    } catch (error) {
      this.#answered({ ok: false, error });
      return;
    }
    promiseOf(answer).then(
      (output) => this.#answered(this.#check(output)),
      (error: unknown) => this.#answered({ ok: false, error }),
    );
  }

  /** The handler has settled, perhaps before `next()` has returned. */
  handled(outcome: Outcome): void {
    const next = this.#next;
    this.#next = undefined;
    if (next === undefined) this.#handledWithin = outcome;
    else {
      if (mayReject(outcome)) void unheeded(next.promise);
      if (outcome.ok) next.resolve(outcome.output);
      else next.reject(outcome.error);
    }
    // The middlewares did not wait for it.
    if (this.#answer !== undefined) this.#call.settle(this.#answer);
  }

  /** Runs the middleware at `index` around those behind it, which are the handler's at last. */
  #runFrom(index: number): unknown {
    this.#begun = index + 1;
    const middleware = this.#middlewares[index];
    if (middleware === undefined) return this.#runHandler();
    return middleware(this.#face as never, () => this.#runOnce(index + 1));
  }

  /** What `next()` is: always a promise. */
  #runOnce(index: number): Promise<unknown> {
    if (this.#begun > index) {
      const message = "A middleware called next() twice: a call is answered once";
      return unheeded(Promise.reject(new Error(message)));
    }
    // Not an async function: a promise that one returns is waited for, which costs turns of the microtask queue.
    try {
      const answer = promiseOf(this.#runFrom(index));
      // `#runHandler` sees to its own, as each costs 45 ns where nothing rejects.
      return index < this.#middlewares.length ? unheeded(answer) : answer;
    } catch (error) {
      return unheeded(Promise.reject(error));
    }
  }

  #runHandler(): Promise<unknown> {
    const { hasSettled, reason } = this.#call;
    if (hasSettled) {
      const message = "A middleware called next() after the call had ended";
      return unheeded(Promise.reject(new Error(message)));
    }
    // The middlewares let it through when it was already to end: its handler is not begun.
    if (reason !== undefined) return unheeded(Promise.reject(reason));
    this.#call.handle(this.#input, this.#face);
    const outcome = this.#handledWithin;
    if (outcome === undefined) {
      this.#next = Promise.withResolvers();
      return this.#next.promise;
    }
    this.#handledWithin = undefined;
    const answer = outcome.ok ? promiseOf(outcome.output) : Promise.reject(outcome.error);
    return mayReject(outcome) ? unheeded(answer) : answer;
  }

  #answered(outcome: Outcome): void {
    if (this.#next === undefined) this.#call.settle(outcome);
    else this.#answer = outcome;
  }

  /** A middleware that ends without `next()` gives the output itself; where the call has none, it has forgotten `next`. */
  #check(output: unknown): Outcome {
    const { hasOutput, name } = this.#call.shape;
    const hasRun = this.#begun > this.#middlewares.length;
    if (hasOutput || hasRun) return { ok: true, output };
    const message = `A middleware of the call ${JSON.stringify(name)} neither called next() nor threw, and the call has no output`;
    return { ok: false, error: new Error(message) };
  }
}

/** Whether a promise of what a handler came to rejects, or may: an output may have a `then` that throws, or rejects. */
function mayReject(outcome: Outcome): boolean {
  if (!outcome.ok) return true;
  const { output } = outcome;
  if ((typeof output !== "object" && typeof output !== "function") || output === null) return false;
  try {
    return "then" in output;
  } catch {
    return true;
  }
}

/** `answer`, which a middleware may get and not wait for: that it rejects is no reason to end the process. */
function unheeded(answer: Promise<unknown>): Promise<unknown> {
  answer.then(undefined, ignore);
  return answer;
}

function ignore(): void {}
