// What a caller holds of a call that yields: the items to iterate, and what ends the call. The call is made
// by the first `next()`, or where `output` is read first, by that.

import { beginAt } from "@typewire/protocol/internal";

import { endedBy } from "./call-failures.ts";
import type { CallEnd, OutgoingCall } from "./outgoing-call.ts";

type Item = IteratorResult<unknown, undefined>;

type Outcome =
  | { readonly name: "open" }
  | { readonly name: "done"; readonly output: unknown }
  | { readonly name: "failed"; readonly error: unknown; readonly by: FailedBy };

/** What failed: the call, the items that the program sends, or the reading of what it gave. */
type FailedBy = "call" | "items" | "options";

/** Makes the call, and tells `end` what it comes to. */
export type StartStream = (end: CallEnd) => OutgoingCall;

/** One call that yields, as its caller sees it. Iterated once. */
export class CallerStream implements CallEnd, AsyncIterableIterator<unknown, undefined> {
  readonly #name: string;
  readonly #start: StartStream;
  readonly #site: Error | undefined;
  #call: OutgoingCall | undefined;
  #outcome: Outcome = { name: "open" };
  #isLeft = false;
  #isIterated = false;
  #output: PromiseWithResolvers<unknown> | undefined;

  /** `name`: of the call, for its errors. `site`: where the program made it, if that was noted. */
  constructor(name: string, site: Error | undefined, start: StartStream) {
    this.#name = name;
    this.#site = site;
    this.#start = start;
  }

  /**
   * What ends the call. Items that nobody iterates stop the handler where its credit ends, and then this does
   * not settle. Unhandled, a rejection does no harm.
   */
  get output(): Promise<unknown> {
    if (this.#output === undefined) {
      this.#output = Promise.withResolvers();
      this.#output.promise.catch(() => {});
      this.#settleOutput();
      if (this.#outcome.name === "open" && this.#call === undefined) this.#begin();
    }
    return this.#output.promise;
  }

  /** Undefined while the call has not failed. */
  get failedBy(): FailedBy | undefined {
    return this.#outcome.name === "failed" ? this.#outcome.by : undefined;
  }

  /** @throws TypewireError (as a rejection) `option-invalid` where the options of the call are. */
  next(): Promise<Item> {
    if (this.#call === undefined && !this.#isLeft) {
      const refused = this.#begin();
      if (refused !== undefined) return Promise.reject(refused.error);
    }
    const inbox = this.#isLeft ? undefined : this.#call?.inbox;
    return inbox === undefined ? Promise.resolve({ value: undefined, done: true }) : inbox.next();
  }

  /** Cancels the call where it is open; at once, also where a `next()` is pending. */
  async return(): Promise<Item> {
    this.#isLeft = true;
    if (this.#call === undefined) {
      if (this.#outcome.name === "open") {
        const detail = "it was left before it was made";
        this.reject(endedBy("cancelled", this.#name, "no", { detail }));
      }
    } else {
      await this.#call.inbox?.return();
    }
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    if (this.#isIterated) throw new TypeError("The items of a call can be iterated once");
    this.#isIterated = true;
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** For the call. */
  resolve(output: unknown): void {
    this.#outcome = { name: "done", output };
    this.#settleOutput();
  }

  /** For the call. */
  reject(error: unknown, isThrown = false): void {
    this.#fail(error, isThrown ? "items" : "call");
  }

  /** Makes the call. Returns what was thrown where its options are refused. */
  #begin(): { readonly error: unknown } | undefined {
    try {
      // `reject` may be called within, before there is a call.
      this.#call = this.#start(this);
      return undefined;
    } catch (error) {
      this.#isLeft = true;
      this.#fail(error, "options");
      return { error };
    }
  }

  #fail(error: unknown, by: FailedBy): void {
    if (this.#outcome.name !== "open") return;
    // A `next()` that waits has been rejected with the same error, and its program has not been told yet.
    if (this.#site !== undefined && by !== "items") beginAt(error, this.#site);
    this.#outcome = { name: "failed", error, by };
    this.#settleOutput();
  }

  #settleOutput(): void {
    if (this.#outcome.name === "done") this.#output?.resolve(this.#outcome.output);
    if (this.#outcome.name === "failed") this.#output?.reject(this.#outcome.error);
  }
}

/** The same for `client.try`: iterating never throws, and `output` is the outcome. */
export class TriedStream implements AsyncIterableIterator<unknown, undefined> {
  readonly #stream: CallerStream;
  readonly #outcomeOf: (output: Promise<unknown>) => Promise<unknown>;
  #output: Promise<unknown> | undefined;

  constructor(stream: CallerStream, outcomeOf: (output: Promise<unknown>) => Promise<unknown>) {
    this.#stream = stream;
    this.#outcomeOf = outcomeOf;
  }

  get output(): Promise<unknown> {
    this.#output ??= this.#outcomeOf(this.#stream.output);
    return this.#output;
  }

  next(): Promise<Item> {
    return this.#stream.next().catch(() => ({ value: undefined, done: true }));
  }

  return(): Promise<Item> {
    return this.#stream.return();
  }

  [Symbol.asyncIterator](): this {
    this.#stream[Symbol.asyncIterator]();
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stream[Symbol.asyncDispose]();
  }
}
