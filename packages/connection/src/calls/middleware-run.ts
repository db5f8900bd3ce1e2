// The middlewares around one handler as they run: `next()` settles when the handler has, and the call has settled
// when both have, whether a middleware waits for the handler or not.

import type { CallError, CallShape } from "@typewire/protocol";

import { promiseOf } from "../handlers.ts";
import type { HandledCall } from "./handled-call.ts";
import { type Middleware, unheeded } from "./handler-table.ts";

/** What a handler, or a middleware in its place, came to. */
export type Outcome =
  { readonly ok: true; readonly output: unknown } | { readonly ok: false; readonly error: unknown };

/** The call, as the middlewares around it see it. */
export interface SurroundedCall {
  readonly shape: CallShape;
  /** Why it ends before its handler has settled. */
  readonly reason: CallError | undefined;
  readonly hasSettled: boolean;
  /** The handler has settled, and the outermost middleware. */
  settle(outcome: Outcome): void;
}

/** One call's middlewares. */
export class MiddlewareRun {
  readonly #call: SurroundedCall;
  readonly #handle: () => void;
  /** What `next()` gave out, while the handler runs. */
  #next: PromiseWithResolvers<unknown> | undefined;
  /** What the handler came to before `next()` had returned: most calls need no promise that is settled later. */
  #handledWithin: Outcome | undefined;
  /** What the outermost came to, while the handler still runs. */
  #answer: Outcome | undefined;
  #hasRun = false;

  /** `handle` begins the handler, which tells `handled` once. */
  constructor(call: SurroundedCall, handle: () => void) {
    this.#call = call;
    this.#handle = handle;
  }

  /** Runs `around`. Never throws. */
  begin(around: Middleware<never>, face: HandledCall): void {
    let answer: unknown;
    try {
      answer = around(face as never, () => this.#run());
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

  /** The innermost `next()`. */
  #run(): Promise<unknown> {
    const { hasSettled, reason } = this.#call;
    if (hasSettled) {
      const message = "A middleware called next() after the call had ended";
      return unheeded(Promise.reject(new Error(message)));
    }
    this.#hasRun = true;
    // The middlewares let it through when it was already to end: its handler is not begun.
    if (reason !== undefined) return unheeded(Promise.reject(reason));
    this.#handle();
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
    if (hasOutput || this.#hasRun) return { ok: true, output };
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
