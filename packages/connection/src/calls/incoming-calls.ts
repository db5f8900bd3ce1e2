// The calls that this side answers: slots, deadlines, and exactly one `$result` for each, sent when the handler
// has settled. A handler that fails ends its own call; its text goes to the log and not to the peer.

import {
  type Call,
  type CallFailure,
  type CallMisfit,
  type Item,
  type Late,
} from "@typewire/protocol";

import { type CallDeadlines, Expiring } from "./call-deadlines.ts";
import { answerOf, failureOf, internalFailure } from "./call-answer.ts";
import { type CallLink, DEFAULT_TIMEOUT_MS } from "./call-link.ts";
import { CallIds } from "./call-ids.ts";
import { CallsById } from "./calls-by-id.ts";
import type { CallTally } from "./call-tally.ts";
import { CalleeSlots } from "./callee-slots.ts";
import type { CallTable } from "./call-table.ts";
import { type Callee, IncomingCall } from "./incoming-call.ts";
import { HeldItems } from "./held-items.ts";
import type { ItemPump } from "./item-pump.ts";
import type { Outcome } from "./middleware-run.ts";

/** What bounds the calls that an endpoint answers. */
export interface CalleeLimits {
  /** Calls without streams that one connection may have open. */
  readonly maxCalls: number;
  /** Calls with streams that one connection may have open. */
  readonly maxStreams: number;
  /** Milliseconds that a caller's timeout may be. */
  readonly maxCallMs: number;
  /** Milliseconds that a handler may run on after its call has ended, before it counts as stuck. */
  readonly handlersStallMs: number;
  /** Payload bytes of a call's items that wait for its handler, beside one frame. */
  readonly windowBytes: number;
}

/** Handlers under way in this process, over all connections. */
export class CallQuota {
  readonly maxCallsInFlight: number;
  inFlight = 0;

  constructor(maxCallsInFlight: number) {
    this.maxCallsInFlight = maxCallsInFlight;
  }
}

/** What all connections of an endpoint share. */
export interface CalleeEndpoint {
  readonly table: CallTable;
  readonly limits: CalleeLimits;
  readonly quota: CallQuota;
  readonly deadlines: CallDeadlines;
  readonly tally: CallTally;
  /** The id of the first call of a connection. */
  readonly firstId: number;
}

/** When a caller comes back that was refused because the process has enough to do. */
const BUSY_RETRY_MS = 1_000;

/** Why a call ends whose caller can send no more of what it needs. */
const HALF_ENDED = "the caller ended its half before its items";

/** The calls of one connection. Nothing in it throws but `receiveCall` and the other `receive…`. */
export class IncomingCalls implements Callee {
  readonly pump: ItemPump;
  readonly held: HeldItems;
  readonly #endpoint: CalleeEndpoint;
  readonly #link: CallLink;
  readonly #open = new CallsById<IncomingCall>();
  readonly #slots: CalleeSlots;
  readonly #ids: CallIds;
  #drain: { readonly retryAfterMs: number; readonly halfTime: HalfTime } | undefined;
  #hasEnded = false;

  constructor(endpoint: CalleeEndpoint, link: CallLink, pump: ItemPump) {
    this.#endpoint = endpoint;
    this.held = new HeldItems(endpoint.limits.windowBytes, (bytes) => link.holds(bytes));
    this.#ids = new CallIds(endpoint.firstId);
    this.#link = link;
    this.pump = pump;
    this.#slots = new CalleeSlots(endpoint.limits);
  }

  get connection(): unknown {
    return this.#link.connection;
  }

  get context(): unknown {
    return this.#link.context;
  }

  /** Handlers that have not settled. */
  get inFlight(): number {
    return this.#open.size;
  }

  /** Of those, the ones whose answer the peer may still get: a handler that is stuck is not waited for. */
  get answerable(): number {
    return this.#hasEnded ? 0 : this.#open.size - this.#slots.stuck;
  }

  /** The id of the last call that was made. */
  get lastId(): number {
    return this.#ids.last;
  }

  /** The name of the open call with this id, for the codec. */
  nameOf(id: number): string | undefined {
    return this.#open.get(id)?.shape.name;
  }

  now(): number {
    return this.#endpoint.deadlines.now();
  }

  /** The next call's id is beyond this one, which is itself beyond those before the first call's. */
  used(id: number): void {
    this.#ids.take(id);
  }

  /** @throws TypewireError `schema-mismatch` where the id is not beyond the last. */
  receiveCall({ call: name, id, timeoutMs, input }: Call): void {
    this.#ids.take(id);
    const entry = this.#endpoint.table.get(name);
    if (entry === undefined) {
      this.#refuse(id, name, { code: "unknown-call", message: "This side has no such call" });
      return;
    }
    const isStream = entry.shape.sends || entry.shape.yields;
    if (this.#drain !== undefined) {
      const { retryAfterMs } = this.#drain;
      this.#refuse(id, name, {
        code: "shutting-down",
        message: "The side that answers shuts down",
        retryAfterMs,
      });
    } else if (!this.#slots.has(isStream)) {
      this.#refuseExcess(id, name, isStream);
    } else if (this.#endpoint.quota.inFlight >= this.#endpoint.quota.maxCallsInFlight) {
      const message = "This side has too many calls under way";
      this.#refuse(id, name, { code: "too-many-calls", message, retryAfterMs: BUSY_RETRY_MS });
    } else {
      const forMs = this.#timeoutFor(isStream, timeoutMs);
      const call = new IncomingCall(this, entry, id);
      call.beganAtMs = this.#endpoint.tally.times?.begin(name);
      this.#open.add(call);
      this.#slots.take(isStream);
      this.#endpoint.quota.inFlight += 1;
      if (forMs !== Infinity) this.#endpoint.deadlines.add(call, forMs);
      call.run(input);
    }
  }

  /** @throws TypewireError `schema-mismatch` where there has been no such call. */
  receiveItem({ id, item }: Item, payloadBytes: number): void {
    const call = this.#open.get(id);
    if (call === undefined) return this.#ids.requireUsed(id, "$item");
    if (call.inbox === undefined || call.reason !== undefined) return;
    if (!call.inbox.push(item, payloadBytes)) call.abort("item-beyond-credit");
  }

  /** @throws TypewireError as `receiveItem`. */
  receiveEnd(id: number): void {
    const call = this.#open.get(id);
    if (call === undefined) this.#ids.requireUsed(id, "$end");
    else call.endItems();
  }

  /** @throws TypewireError as `receiveItem`. */
  receiveCredit(id: number, bytes: number): void {
    const call = this.#open.get(id);
    if (call === undefined) this.#ids.requireUsed(id, "$credit");
    else call.takeCredit(bytes);
  }

  /** @throws TypewireError as `receiveItem`. */
  receiveCancel(id: number): void {
    const call = this.#open.get(id);
    if (call === undefined) this.#ids.requireUsed(id, "$cancel");
    else call.abort("cancelled");
  }

  /**
   * A message of a call does not fit.
   *
   * @throws TypewireError `schema-mismatch` where the id of a new call is not beyond the last.
   */
  misfit({ code, id, call: name = "", message, path, of }: CallMisfit): void {
    if (of === "$item") {
      this.#open.get(id)?.abort("invalid-item", message, path);
      return;
    }
    this.#ids.take(id);
    this.#refuse(id, name, failureOf(code, message, path));
  }

  /** @throws TypewireError as `receiveItem`. */
  receiveLate({ id, of }: Late): void {
    this.#ids.requireUsed(id, of);
  }

  /**
   * Takes no further calls, and lets those under way end. After `halfTimeMs` they are asked to, by their signals.
   * `retryAfterMs`: when a refused caller comes back.
   */
  drain(halfTimeMs: number, retryAfterMs = 0): void {
    if (this.#drain !== undefined || this.#hasEnded) return;
    const halfTime = new HalfTime(() => this.#abortAll("shutting-down"));
    this.#drain = { retryAfterMs, halfTime };
    this.#endpoint.deadlines.add(halfTime, halfTimeMs);
    this.#tellDrained();
  }

  /** The peer has ended its half: answers still leave, and calls whose items have not all come end. */
  peerEnded(): void {
    for (const call of this.#open.all()) {
      if (call.inbox?.isOpen === true) call.abort("connection-lost", HALF_ENDED);
    }
  }

  /** The connection has ended: signals abort, and nothing that handlers still return is told. */
  ended(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    if (this.#drain !== undefined) this.#endpoint.deadlines.delete(this.#drain.halfTime);
    this.#abortAll("connection-lost");
    // What was asked to end before runs on without a slot: nothing waits for it, least of all a timer.
    for (const call of this.#open.all()) this.#endpoint.deadlines.delete(call);
    this.#endpoint.deadlines.prune();
  }

  settled(call: IncomingCall, outcome: Outcome): void {
    this.#endpoint.deadlines.delete(call);
    this.#endpoint.quota.inFlight -= 1;
    this.#open.delete(call.id);
    this.#slots.free(call);
    if (call.beganAtMs !== undefined) this.#endpoint.tally.times?.end(call.name, call.beganAtMs);
    this.#answer(call, outcome);
    this.#tellDrained();
  }

  aborted(call: IncomingCall): void {
    this.#endpoint.deadlines.delete(call);
    // What runs on after the end of its connection takes no slot.
    if (!this.#hasEnded) this.#endpoint.deadlines.add(call, this.#endpoint.limits.handlersStallMs);
  }

  stuck(call: IncomingCall): void {
    this.#link.handlerStuck(call.name, this.#endpoint.limits.handlersStallMs);
    if (!this.#slots.stick(call.isStream)) {
      this.#tellDrained();
      return;
    }
    const slots = this.#slots.describe(call.isStream);
    this.#link.end("internal", `The handlers of all ${slots} run on after their calls have ended`);
  }

  failed(call: IncomingCall, error: unknown): void {
    this.#link.handlerFailed(call.name, error);
  }

  grant({ id, name }: IncomingCall, bytes: number): void {
    if (!this.#hasEnded) this.#link.send({ type: "$credit", id, bytes }, name);
  }

  #timeoutFor(isStream: boolean, timeoutMs: number | undefined): number {
    const { maxCallMs } = this.#endpoint.limits;
    if (timeoutMs === undefined)
      return isStream ? Infinity : Math.min(DEFAULT_TIMEOUT_MS, maxCallMs);
    if (timeoutMs === 0) return isStream ? Infinity : maxCallMs;
    return Math.min(timeoutMs, maxCallMs);
  }

  #refuse(id: number, name: string, error: CallFailure): void {
    this.#endpoint.tally.failed(error.code);
    this.#link.send({ type: "$result", id, error }, name);
  }

  #refuseExcess(id: number, name: string, isStream: boolean): void {
    const message = `All ${this.#slots.describe(isStream)} are open`;
    this.#refuse(id, name, { code: "too-many-calls", message });
    if (!this.#slots.exceed(this.now())) return;
    const { excess } = this.#slots;
    const why = `The peer made ${excess} calls beyond those that it may have open`;
    this.#link.end("too-many-errors", why);
  }

  #answer(call: IncomingCall, outcome: Outcome): void {
    const { name } = call;
    const { result, failed } = answerOf(call, outcome);
    if (failed !== undefined) this.#link.handlerFailed(name, failed.error);
    const { tally } = this.#endpoint;
    if (this.#hasEnded) {
      tally.failed("connection-lost");
      return;
    }
    try {
      this.#link.send(result, name);
      if (result.error === undefined) tally.answered += 1;
      else tally.failed(result.error.code);
    } catch (unfit) {
      // What the handler gave does not fit, which is its failure.
      this.#link.handlerFailed(name, unfit);
      this.#refuse(call.id, name, internalFailure(name));
    }
  }

  #abortAll(code: "shutting-down" | "connection-lost"): void {
    for (const call of this.#open.all()) call.abort(code);
  }

  #tellDrained(): void {
    if (this.#drain === undefined || this.answerable > 0 || this.#hasEnded) return;
    this.#endpoint.deadlines.delete(this.#drain.halfTime);
    this.#link.callsEnded();
  }
}

/** Half of the time that a drain has. */
class HalfTime extends Expiring {
  readonly #then: () => void;

  constructor(then: () => void) {
    super();
    this.#then = then;
  }

  override expire(): void {
    this.#then();
  }
}
