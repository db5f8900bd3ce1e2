// One call that this side answers: runs its handler, ends it early where that is asked, and knows when all of
// it has settled. What is said to the peer is `IncomingCalls`' business.

import type { CallError, CallShape, HostAbortSignal } from "@typewire/protocol";

import { isThenable, promiseOf } from "../handlers.ts";
import { Expiring } from "./call-deadlines.ts";
import { endedBy, type EndCode } from "./call-failures.ts";
import { HandledCall } from "./handled-call.ts";
import type { CallEntry } from "./call-table.ts";
import type { HeldItems } from "./held-items.ts";
import { ItemInbox } from "./item-inbox.ts";
import type { ItemPump } from "./item-pump.ts";
import { MiddlewareRun, type Outcome } from "./middleware-run.ts";
import { isItemSource, type ItemSource, type PumpedItems, type PumpOwner } from "./pumped-items.ts";

/** The calls of a connection, as one that is answered sees them. */
export interface Callee {
  readonly connection: unknown;
  readonly context: unknown;
  readonly pump: ItemPump;
  readonly held: HeldItems;
  now(): number;
  /** The handler has settled, and the middlewares around it. Called once. */
  settled(call: IncomingCall, outcome: Outcome): void;
  /** `call.reason` says why it ends; its handler may still run. Called once at most, before `settled`. */
  aborted(call: IncomingCall): void;
  /** The handler has run on for long after `aborted`. */
  stuck(call: IncomingCall): void;
  /** The handler failed in a way that the call's outcome does not tell. */
  failed(call: IncomingCall, error: unknown): void;
  grant(call: IncomingCall, bytes: number): void;
}

/** What a call with streams has beside. */
interface Streams {
  /** Undefined where the caller sends none. */
  readonly inbox: ItemInbox | undefined;
  pumped: PumpedItems | undefined;
  /** Credit that came before there was anything to send, as it does behind a `$call` that a middleware holds up. */
  earlyCredit: number;
  /** What a handler's item came to that does not fit: the call fails with it, whatever the handler says. */
  failure: { readonly error: unknown } | undefined;
}

/** What a call has that may end before its handler has settled, or has to. */
interface EarlyEnd {
  /** Where the handler has asked for the signal. */
  controller: AbortController | undefined;
  reason: CallError | undefined;
  /** The clock's time of the call's deadline, once `reason` is there. */
  endsAtMs: number;
  isStuck: boolean;
}

/** A call whose handler has not settled. It has twelve fields: with a thirteenth the engine makes it half as large again. */
export class IncomingCall extends Expiring implements PumpOwner {
  readonly id: number;
  readonly callee: Callee;
  readonly #entry: CallEntry;
  hasSettled = false;
  /** The clock's time at which it began, where it is timed. */
  beganAtMs: number | undefined;
  /** Made when the handler asks for the signal, or the call is to end. */
  #early: EarlyEnd | undefined;
  /** Undefined where it has none. */
  readonly #streams: Streams | undefined;
  /** Undefined where there are none. */
  #middlewares: MiddlewareRun | undefined;

  constructor(callee: Callee, entry: CallEntry, id: number) {
    super();
    this.callee = callee;
    this.#entry = entry;
    this.id = id;
    const { sends, yields } = entry.shape;
    if (sends || yields) {
      const inbox = sends ? new ItemInbox(this, callee.held) : undefined;
      this.#streams = { inbox, pumped: undefined, earlyCredit: 0, failure: undefined };
    }
  }

  get shape(): CallShape {
    return this.#entry.shape;
  }

  get name(): string {
    return this.shape.name;
  }

  get isStream(): boolean {
    return this.shape.sends || this.shape.yields;
  }

  get remainingMs(): number {
    const endsAtMs = this.#early?.reason === undefined ? this.dueMs : this.#early.endsAtMs;
    // 0 would be "no deadline" where it is given to another call.
    return endsAtMs === Infinity ? Infinity : Math.max(1, endsAtMs - this.callee.now());
  }

  get signal(): HostAbortSignal {
    const early = this.#madeEarly;
    if (early.controller === undefined) {
      early.controller = new AbortController();
      if (early.reason !== undefined) early.controller.abort(early.reason);
    }
    return early.controller.signal;
  }

  /** Why it ends before its handler has settled. */
  get reason(): CallError | undefined {
    return this.#early?.reason;
  }

  /** Whether its handler has run on for long after it was to end. */
  get isStuck(): boolean {
    return this.#early?.isStuck === true;
  }

  /** See `Streams`. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#streams?.failure;
  }

  /** Undefined where the caller sends none. */
  get inbox(): ItemInbox | undefined {
    return this.#streams?.inbox;
  }

  /** The caller takes so many payload bytes more of what is yielded. */
  takeCredit(bytes: number): void {
    const streams = this.#streams;
    if (streams === undefined) return;
    if (streams.pumped === undefined) streams.earlyCredit += bytes;
    else streams.pumped.grant(bytes);
  }

  /** Runs the handler. Never throws. */
  run(input: unknown): void {
    const face = new HandledCall(this);
    const { middlewares } = this.#entry;
    if (middlewares.length === 0) {
      this.handle(input, face);
      return;
    }
    this.#middlewares = new MiddlewareRun(this, middlewares, input, face);
    this.#middlewares.begin();
  }

  /** Begins the handler, inside of the middlewares where there are some. Never throws. */
  handle(input: unknown, face: HandledCall): void {
    let answer: unknown;
    try {
      answer = this.#entry.handler(input, face as never);
    } catch (error) {
      this.#handled({ ok: false, error });
      return;
    }
    if (!isThenable(answer)) this.#take(answer);
    else {
      promiseOf(answer).then(
        (output) => this.#take(output),
        (error: unknown) => this.#handled({ ok: false, error }),
      );
    }
  }

  /** Ends it early: the signal aborts, its items end, `return()` of what it yields is called at once. */
  abort(code: EndCode, detail?: string, path?: string): void {
    if (this.reason !== undefined || this.hasSettled) return;
    const ran = "yes";
    const more = { path, ...(detail === undefined ? {} : { detail }) };
    const reason = endedBy(code, this.name, ran, more);
    const early = this.#madeEarly;
    early.endsAtMs = this.dueMs;
    early.reason = reason;
    this.callee.aborted(this);
    early.controller?.abort(reason);
    this.inbox?.cut(reason);
    this.#stopItems({ ok: false, error: reason });
  }

  /** No further items come from the caller. */
  endItems(): void {
    this.inbox?.end();
  }

  override expire(): void {
    if (this.#early?.reason === undefined) {
      this.abort("deadline-exceeded");
      return;
    }
    this.#early.isStuck = true;
    this.callee.stuck(this);
  }

  grant(bytes: number): void {
    this.callee.grant(this, bytes);
  }

  /** The handler takes no further items: the caller's credit runs out, and its `$result` comes some time. */
  leave(): void {}

  sourceEnded(value: unknown): void {
    if (this.#streams !== undefined) this.#streams.pumped = undefined;
    this.#handled({ ok: true, output: value });
  }

  sourceFailed(error: unknown): void {
    if (this.#streams !== undefined) this.#streams.pumped = undefined;
    this.#handled({ ok: false, error });
  }

  itemRefused(error: unknown): void {
    if (this.#streams !== undefined) this.#streams.failure = { error };
    this.#stopItems({ ok: false, error });
  }

  /** What the handler returned: the output, or the items that it yields. */
  #take(answer: unknown): void {
    const streams = this.#streams;
    if (streams === undefined || !this.shape.yields) {
      this.#handled({ ok: true, output: answer });
      return;
    }
    try {
      streams.pumped = this.callee.pump.start(this, requireItems(answer));
      if (streams.earlyCredit > 0) streams.pumped.grant(streams.earlyCredit);
    } catch (error) {
      this.#handled({ ok: false, error });
      return;
    }
    if (this.reason !== undefined) this.#stopItems({ ok: false, error: this.reason });
    // Handlers begin in the order in which calls come: so does what a generator does before its first item.
    else streams.pumped.begin();
  }

  /** The handler has settled once what it yields has: a generator's `finally` has run then. */
  #stopItems(outcome: Outcome): void {
    const streams = this.#streams;
    const pumped = streams?.pumped;
    if (streams === undefined || pumped === undefined) return;
    streams.pumped = undefined;
    const returned = pumped.stop();
    if (returned === undefined) {
      this.#handled(outcome);
      return;
    }
    returned.then(
      () => this.#handled(outcome),
      (error: unknown) => {
        if (!this.isBySignal(error)) this.callee.failed(this, error);
        this.#handled(outcome);
      },
    );
  }

  #handled(outcome: Outcome): void {
    if (this.#middlewares === undefined) this.settle(outcome);
    else this.#middlewares.handled(outcome);
  }

  /** All of it has settled, the middlewares included. */
  settle(outcome: Outcome): void {
    if (this.hasSettled) return;
    this.hasSettled = true;
    this.inbox?.drop();
    this.inbox?.end();
    this.callee.settled(this, outcome);
  }

  get #madeEarly(): EarlyEnd {
    this.#early ??= {
      controller: undefined,
      reason: undefined,
      endsAtMs: Infinity,
      isStuck: false,
    };
    return this.#early;
  }

  /** Whether `error` says that the handler ended because its call had. */
  isBySignal(error: unknown): boolean {
    const { reason } = this;
    if (reason === undefined) return false;
    if (error === reason) return true;
    try {
      if (!(error instanceof Error)) return false;
      return error.cause === reason || error.name === "AbortError";
    } catch {
      return false;
    }
  }
}

function requireItems(answer: unknown): ItemSource {
  if (isItemSource(answer)) return answer;
  const received = typeof answer === "string" ? "text, whose characters are no items" : "none";
  throw new TypeError(
    `The handler of a call that yields is to return an async iterable, and returned ${received}`,
  );
}
