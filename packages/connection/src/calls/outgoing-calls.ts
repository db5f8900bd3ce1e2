// The calls that this side makes: ids, slots, waiting for either, deadlines, and what follows from the callee's
// messages. It outlives connections: a client attaches one after the other, a plain connection is the only one.

import {
  type Call,
  type CallError,
  type CallMisfit,
  type CallShape,
  type Drain,
  type Item,
  type Late,
  type Result,
  TypewireError,
} from "@typewire/protocol";
import { isInstance } from "@typewire/protocol/internal";

import { describeThrown } from "../text.ts";
import { afterTheEnd, mayGoAgain } from "./again.ts";
import type { CallDeadlines } from "./call-deadlines.ts";
import { answeredWith, endedBy } from "./call-failures.ts";
import type { CallTally } from "./call-tally.ts";
import { type CallMaker, MOST_OPEN_NOTED } from "./call-faces.ts";
import { CallIds } from "./call-ids.ts";
import { CallsById } from "./calls-by-id.ts";
import { type CallLink, DEFAULT_TIMEOUT_MS } from "./call-link.ts";
import {
  closed,
  invalidAnswer,
  invalidInput,
  ranBefore,
  tooManyStreams,
  unsupported,
} from "./caller-failures.ts";
import { type PeerSlots, CallerSlots } from "./caller-slots.ts";
import { HeldItems } from "./held-items.ts";
import type { ItemPump } from "./item-pump.ts";
import { type CallEnd, type Caller, type CallGiven, OutgoingCall } from "./outgoing-call.ts";
import type { SignalWatch } from "./signal-watch.ts";

/** What all callers of an endpoint share. */
export interface CallerEndpoint {
  readonly deadlines: CallDeadlines;
  readonly signals: SignalWatch;
  readonly tally: CallTally;
  /** The id of the first call of a connection. */
  readonly firstId: number;
  /** Payload bytes of a call's items that may wait for the program, beside one frame. */
  readonly windowBytes: number;
}

/** A connection that calls are made on. */
interface Line {
  readonly link: CallLink;
  readonly pump: ItemPump;
  /** Undefined where the peer answers no calls. */
  readonly slots: PeerSlots | undefined;
}

/** The calls of one caller. Nothing in it throws but `receive`. */
export class OutgoingCalls implements Caller, CallMaker {
  readonly #endpoint: CallerEndpoint;
  /** Whether another connection follows one that has ended. */
  readonly #comesBack: boolean;
  #line: Line | undefined;
  /** On the current connection, by id. */
  readonly #open = new CallsById<OutgoingCall>();
  readonly #slots = new CallerSlots();
  readonly #waiting = new Set<OutgoingCall>();
  readonly #held: HeldItems;
  readonly #ids: CallIds;
  #isDraining = false;
  /** The peer's, of this connection. */
  #drain: Drain | undefined;
  #closed: string | undefined;

  constructor(endpoint: CallerEndpoint, comesBack: boolean) {
    this.#endpoint = endpoint;
    this.#held = new HeldItems(endpoint.windowBytes, (bytes) => this.#line?.link.holds(bytes));
    this.#ids = new CallIds(endpoint.firstId);
    this.#comesBack = comesBack;
  }

  /** Calls that are open at the callee, those given up here included. */
  get inFlight(): number {
    return this.#open.size + this.#slots.abandoned;
  }

  /** Calls that wait for a slot, or for a connection. */
  get waiting(): number {
    return this.#waiting.size;
  }

  get isQuiet(): boolean {
    return this.inFlight + this.waiting < MOST_OPEN_NOTED;
  }

  /** The items that wait for the program. */
  get held(): HeldItems {
    return this.#held;
  }

  /** The id of the last call that was made. */
  get lastId(): number {
    return this.#ids.last;
  }

  /** The name of the open call with this id, for the codec. */
  nameOf(id: number): string | undefined {
    return this.#open.get(id)?.shape.name;
  }

  /** Makes a call, or lets it wait until it can be made. `end` gets what it comes to, perhaps within. */
  start(shape: CallShape, given: CallGiven, end: CallEnd): OutgoingCall {
    const call = new OutgoingCall(this, shape, given, end);
    if (shape.yields) call.openInbox(this.#held);
    const { signal, timeoutMs } = given;
    if (signal?.aborted === true) {
      this.#fail(call, endedBy("cancelled", shape.name, "no", { cause: signal.reason }));
      return call;
    }
    const refusal = this.#refusal(call);
    if (refusal !== undefined) {
      this.#fail(call, refusal);
      return call;
    }
    if (timeoutMs > 0) this.#endpoint.deadlines.add(call, timeoutMs);
    this.#endpoint.signals.add(call);
    const line = this.#isDraining ? undefined : this.#line;
    // A stream takes no slot of the calls that wait.
    const isFirst = call.isStream || this.#waiting.size === 0;
    if (line !== undefined && isFirst && this.#hasSlot(call)) this.#send(line, call, timeoutMs);
    else this.#waiting.add(call);
    return call;
  }

  /** A connection is there, and the peer's hello. Calls that waited are made, in order. */
  attach(link: CallLink, pump: ItemPump, slots: PeerSlots | undefined): void {
    this.#line = { link, pump, slots };
    this.#sendWaiting(true);
  }

  /** The end of the connection has begun: nothing more is sent on it, and calls under way wait for its end. */
  ending(because: string): void {
    if (!this.#comesBack) this.#closed ??= because;
    this.#isDraining = true;
  }

  /** The connection has ended: calls settle, or wait for the next. The link still knows what has left. */
  ended(because: string): void {
    const line = this.#line;
    this.#line = undefined;
    this.#isDraining = false;
    this.#drain = undefined;
    if (!this.#comesBack) this.#closed ??= because;
    const open = this.#open.all();
    const waiting = [...this.#waiting];
    this.#open.clear();
    this.#slots.clear();
    this.#waiting.clear();
    this.#ids.restart();
    // Without a line none was open.
    const leftTo = line?.link.leftTo ?? 0;
    const { again, lost } = afterTheEnd({ open, waiting, leftTo, comesBack: this.#comesBack });
    for (const call of again) this.#waiting.add(call);
    for (const call of lost) {
      const ran = call.mayHaveRun ? "maybe" : "no";
      this.#fail(call, endedBy("connection-lost", call.name, ran, { detail: because }), true);
    }
    this.#endpoint.deadlines.prune();
  }

  /** No further connection comes: what waits fails, and so does what is started from now on. */
  close(because: string): void {
    if (this.#line !== undefined) this.ended(because);
    this.#closed = because;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const call of waiting) this.#fail(call, closed(call, because));
    this.#endpoint.deadlines.prune();
  }

  /** The peer takes no further calls on this connection. */
  receiveDrain(drain: Drain): void {
    this.#isDraining = true;
    this.#drain = drain;
    if (!this.#comesBack) {
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      for (const call of waiting) this.#fail(call, this.#drained(call));
    }
    this.#tellDrained();
  }

  /** @throws TypewireError `schema-mismatch` where no such call was made. */
  receiveItem({ id, item }: Item, payloadBytes: number): void {
    const call = this.#open.get(id);
    if (call?.inbox === undefined) return this.receiveLate({ type: "$late", id, of: "$item" });
    if (call.inbox.push(item, payloadBytes)) return;
    this.#giveUp(call, endedBy("item-beyond-credit", call.name, "yes"));
  }

  /** @throws TypewireError as `receiveItem`. */
  receiveResult({ id, output, error }: Result): void {
    const call = this.#open.get(id);
    if (call === undefined) return this.receiveLate({ type: "$late", id, of: "$result" });
    this.#release(call);
    if (error === undefined) {
      this.#forget(call);
      this.#endpoint.tally.answered += 1;
      call.settle(output);
    } else {
      this.#refused(call, answeredWith(error, call.name, call.shape.errors));
    }
    this.#sendWaiting();
    this.#tellDrained();
  }

  /** @throws TypewireError as `receiveItem`. */
  receiveCredit(id: number, bytes: number): void {
    const call = this.#open.get(id);
    if (call === undefined) this.#ids.requireUsed(id, "$credit");
    else call.takeCredit(bytes);
  }

  /** @throws TypewireError as `receiveItem`. */
  receiveLate({ id, of }: Late): void {
    this.#ids.requireUsed(id, of);
    if (of !== "$result" || !this.#slots.answered(id)) return;
    this.#sendWaiting();
    this.#tellDrained();
  }

  /** An item or an output does not fit. */
  misfit({ id, path, message, of, cause }: CallMisfit): void {
    const call = this.#open.get(id);
    if (call === undefined) return;
    const error = invalidAnswer(call, message, path, cause);
    if (of !== "$result") {
      this.#giveUp(call, error);
      return;
    }
    this.#release(call);
    this.#fail(call, error);
    this.#sendWaiting();
    this.#tellDrained();
  }

  expired(call: OutgoingCall): void {
    const detail = `it took more than ${call.timeoutMs} ms`;
    this.#giveUp(call, endedBy("deadline-exceeded", call.name, this.#ranOf(call), { detail }));
  }

  aborted(call: OutgoingCall, reason: unknown): void {
    this.#giveUp(call, endedBy("cancelled", call.name, this.#ranOf(call), { cause: reason }));
  }

  left(call: OutgoingCall): void {
    this.#giveUp(call, endedBy("cancelled", call.name, this.#ranOf(call)));
  }

  grant({ id, name }: OutgoingCall, bytes: number): void {
    if (id !== 0) this.#line?.link.send({ type: "$credit", id, bytes }, name);
  }

  itemsEnded({ id, name }: OutgoingCall): void {
    this.#line?.link.send({ type: "$end", id }, name);
  }

  itemsFailed(call: OutgoingCall, error: unknown): void {
    this.#giveUp(call, error);
  }

  itemRefused(call: OutgoingCall, error: unknown): void {
    const path = isInstance(error, TypewireError) ? error.path : undefined;
    const detail = describeThrown(error);
    const refused = endedBy("invalid-item", call.name, "maybe", { cause: error, detail, path });
    this.#giveUp(call, refused);
  }

  /** Whether the handler may have run, of a call that this side gives up: what is queued leaves some time. */
  #ranOf(call: OutgoingCall): "no" | "maybe" {
    return call.id !== 0 || call.mayHaveRun ? "maybe" : "no";
  }

  /** The error of a call that the callee takes no more: as its `$result` would be. */
  #drained({ name }: OutgoingCall): CallError {
    return endedBy("shutting-down", name, "no", { retryAfterMs: this.#drain?.retryAfterMs ?? 0 });
  }

  /** Why a call cannot even wait; undefined where it can. */
  #refusal(call: OutgoingCall): CallError | undefined {
    if (this.#closed !== undefined) return closed(call, this.#closed);
    if (this.#isDraining && !this.#comesBack) return this.#drained(call);
    const line = this.#line;
    if (line === undefined || this.#isDraining) return undefined;
    // A slot that never comes is not waited for.
    if (line.slots === undefined || (!call.isStream && line.slots.maxCalls === 0)) {
      return unsupported(call);
    }
    return call.isStream && !this.#hasSlot(call)
      ? tooManyStreams(call, line.slots.maxStreams)
      : undefined;
  }

  #hasSlot({ isStream }: OutgoingCall): boolean {
    const slots = this.#line?.slots;
    return slots !== undefined && this.#slots.hasRoom(isStream, slots);
  }

  /**
   * Makes the calls that wait, in order, as far as there are slots. Streams wait for a connection only: `all`
   * is to look at them too.
   */
  #sendWaiting(all = false): void {
    if (this.#waiting.size === 0) return;
    for (const call of this.#waiting) {
      const line = this.#line;
      if (line === undefined || this.#isDraining) return;
      const refusal = this.#refusal(call);
      if (refusal !== undefined) {
        this.#waiting.delete(call);
        this.#fail(call, refusal);
      } else if (this.#hasSlot(call)) {
        this.#waiting.delete(call);
        const leftMs = Math.max(1, Math.ceil(call.dueMs - this.#endpoint.deadlines.now()));
        this.#send(line, call, call.timeoutMs === 0 ? 0 : leftMs);
      } else if (!all) {
        return;
      }
    }
  }

  /** `leftMs`: of its time; 0 where it has no deadline. */
  #send(line: Line, call: OutgoingCall, leftMs: number): void {
    const { shape, isStream, items } = call;
    const id = this.#ids.next();
    call.id = id;
    call.attempts += 1;
    this.#open.add(call);
    this.#slots.take(isStream);
    // Until it is queued it ends nowhere: a connection that ends within `send` has not sent it.
    call.frameEndsAt = Infinity;
    const message: Call = { type: "$call", call: shape.name, id };
    // The callee's defaults are left out.
    if (leftMs !== (isStream ? 0 : DEFAULT_TIMEOUT_MS)) message.timeoutMs = leftMs;
    if (shape.hasInput) message.input = call.input;
    try {
      line.link.send(message, shape.name);
    } catch (error) {
      this.#release(call);
      this.#fail(call, invalidInput(call, error));
      return;
    }
    if (call.hasEnded || call.id !== id) return;
    call.frameEndsAt = line.link.queuedTo;
    if (shape.sends && items !== undefined) this.#pump(line, call, items);
  }

  #pump(line: Line, call: OutgoingCall, items: NonNullable<OutgoingCall["items"]>): void {
    try {
      const pumped = line.pump.start(call, items);
      call.sends(pumped);
      pumped.wait();
    } catch (error) {
      call.sourceFailed(error);
    }
  }

  /** This side does not wait for it any longer: the callee is told, and keeps its slot until it answers. */
  #giveUp(call: OutgoingCall, error: unknown): void {
    if (call.hasEnded) return;
    const { id, name, isStream } = call;
    if (id === 0) {
      this.#waiting.delete(call);
    } else {
      this.#open.delete(id);
      this.#slots.abandon(id, isStream);
    }
    this.#fail(call, error);
    if (id !== 0) this.#line?.link.send({ type: "$cancel", id }, name);
  }

  /** The callee answered with an error. */
  #refused(call: OutgoingCall, error: CallError): void {
    const hasBegun = call.mayHaveRun && error.ran === "no";
    const leaves = error.code === "shutting-down" && this.#comesBack;
    // It ran, and was stopped by the drain: of no more use to the caller than a lost connection.
    if (leaves && error.ran !== "no") call.mayHaveRun = true;
    if (leaves && mayGoAgain(call)) {
      // The refusal may overtake nothing: its `$drain` came before, or comes with it.
      this.#isDraining = true;
      call.id = 0;
      this.#waiting.add(call);
      return;
    }
    this.#fail(call, hasBegun ? ranBefore(error) : error, true);
  }

  /** The callee has ended it: its id and slot are free. */
  #release(call: OutgoingCall): void {
    this.#open.delete(call.id);
    this.#slots.free(call.isStream);
  }

  #forget(call: OutgoingCall): void {
    call.hasEnded = true;
    call.stopItems();
    this.#endpoint.deadlines.delete(call);
    this.#endpoint.signals.delete(call);
  }

  #fail(call: OutgoingCall, error: unknown, keepsItems = false): void {
    this.#forget(call);
    this.#endpoint.tally.rejected(call.shape, error, call.hasThrown);
    call.fail(error, keepsItems);
  }

  #tellDrained(): void {
    if (this.#isDraining && this.inFlight === 0) this.#line?.link.callsEnded(this.#drain);
  }
}
