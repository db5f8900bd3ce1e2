// The calls of one connection, both ways: what the connection itself has to do with, of which it knows the type
// alone. Made for its first message of a call.

import {
  type Bye,
  type Call,
  type CallMisfit,
  type Cancel,
  type Credit,
  type Drain,
  type End,
  type Hello,
  type Item,
  type Late,
  type Result,
} from "@typewire/protocol";

import type { Clock } from "../time/clock.ts";
import type { CallTally } from "./call-tally.ts";
import type { CallLink } from "./call-link.ts";
import { type CalleeEndpoint, IncomingCalls } from "./incoming-calls.ts";
import { knowsCalls, type PeerSlots, slotsOf } from "./caller-slots.ts";
import { ItemPump } from "./item-pump.ts";
import type { OutgoingCalls } from "./outgoing-calls.ts";

/** Every message of calls that a connection may receive. */
export type ReceivedOfCalls = Call | Item | End | Credit | Cancel | Result | Drain | Late;

/** The side that a connection has in calls. */
export interface CallSides {
  readonly clock: Clock;
  readonly tally: CallTally;
  /** Undefined where this side makes no calls. */
  readonly outgoing: OutgoingCalls | undefined;
  /** Undefined where this side answers none. */
  readonly answering: CalleeEndpoint | undefined;
}

/** The calls of one connection. */
export class Calls {
  readonly #sides: CallSides;
  readonly #link: CallLink;
  readonly #pump: ItemPump;
  readonly #outgoing: OutgoingCalls | undefined;
  #incoming: IncomingCalls | undefined;

  constructor(sides: CallSides, link: CallLink) {
    this.#sides = sides;
    this.#link = link;
    this.#outgoing = sides.outgoing;
    this.#pump = new ItemPump(link, sides.clock, this);
  }

  /** The connection is open, and `hello` is what the peer has said first, if anything. Calls that waited are made. */
  ready(hello: Partial<PeerSlots> | undefined): void {
    this.#outgoing?.attach(this.#link, this.#pump, slotsOf(hello));
  }

  /** Calls open in either direction, handlers that have not settled included. */
  get inFlight(): number {
    return (this.#outgoing?.inFlight ?? 0) + (this.#incoming?.inFlight ?? 0);
  }

  /** Changes with each call that is made on this connection. */
  get made(): number {
    return (this.#outgoing?.lastId ?? 0) + (this.#incoming?.lastId ?? 0);
  }

  /** Calls that the peer waits for, and may still get an answer to. */
  get answerable(): number {
    return this.#incoming?.answerable ?? 0;
  }

  /** Payload bytes of items that no program has taken yet. */
  get heldBytes(): number {
    return (this.#outgoing?.held.bytes ?? 0) + (this.#incoming?.held.bytes ?? 0);
  }

  /** What those items take in memory, roughly. */
  get memoryBytes(): number {
    return (this.#outgoing?.held.memoryBytes ?? 0) + (this.#incoming?.held.memoryBytes ?? 0);
  }

  /** Whether this side answers calls, and the peer knows them: it has made one, or says so in its hello. */
  answersTo(peers: Hello | undefined, ours: Hello): boolean {
    return this.answers && (this.#incoming !== undefined || knowsCalls(peers, ours));
  }

  /** Whether this side answers calls of the peer's. */
  get answers(): boolean {
    return this.#sides.answering !== undefined;
  }

  /** For the codec: the name of the open call with this id. */
  readonly openCalls = (id: number): string | undefined =>
    this.#outgoing?.nameOf(id) ?? this.#incoming?.nameOf(id);

  /**
   * Takes one message with the bytes of its payload. A message for a side of calls that this end has not, a
   * `$result` to an end that makes none, is ignored.
   *
   * @throws TypewireError `schema-mismatch` where its id can belong to no call.
   */
  receive(message: ReceivedOfCalls, payloadBytes: number): void {
    switch (message.type) {
      case "$call":
        this.#incomingCalls()?.receiveCall(message);
        return;
      case "$item":
        if (this.#outgoing === undefined) this.#incomingCalls()?.receiveItem(message, payloadBytes);
        else this.#outgoing.receiveItem(message, payloadBytes);
        return;
      case "$credit":
        if (this.#outgoing === undefined) {
          this.#incomingCalls()?.receiveCredit(message.id, message.bytes);
        } else {
          this.#outgoing.receiveCredit(message.id, message.bytes);
        }
        return;
      case "$end":
        this.#incomingCalls()?.receiveEnd(message.id);
        return;
      case "$cancel":
        this.#incomingCalls()?.receiveCancel(message.id);
        return;
      case "$result":
        this.#outgoing?.receiveResult(message);
        return;
      case "$drain":
        this.#outgoing?.receiveDrain(message);
        return;
      case "$late":
        if (this.#outgoing === undefined) this.#incomingCalls()?.receiveLate(message);
        else this.#outgoing.receiveLate(message);
    }
  }

  /**
   * Takes a message of a call that does not fit.
   *
   * @throws TypewireError as `receive`.
   */
  misfit(misfit: CallMisfit): void {
    if (misfit.code === "invalid-answer") this.#outgoing?.misfit(misfit);
    else this.#incomingCalls()?.misfit(misfit);
  }

  /** The peer has used this id, for a call that is not answered here. */
  used(id: number): void {
    this.#incomingCalls()?.used(id);
  }

  /** Fewer bytes wait for the peer: streams that stood still go on. */
  drained(): void {
    this.#pump.drained();
  }

  /** Says `$drain` as `bye` will end it, and takes no further calls; those under way are asked to end after `halfTimeMs`. */
  drain(halfTimeMs: number, bye: Bye): void {
    const { answering } = this.#sides;
    if (answering === undefined) return;
    this.#link.send({ ...bye, type: "$drain" }, "");
    this.#incomingCalls()?.drain(halfTimeMs, bye.retryAfterMs);
  }

  /**
   * The end of the connection has begun: no further call is made on it. What this side answers ends now, unless the
   * peer has only ended its half, and hears the answers that are under way.
   */
  ending(because: string, isHalfClose: boolean): void {
    this.#outgoing?.ending(because);
    if (isHalfClose) this.#incoming?.peerEnded();
    else this.#incoming?.ended();
  }

  /** The connection has ended, and its link still knows what has left: all calls settle now. */
  ended(because: string): void {
    this.#pump.ended();
    this.#outgoing?.ended(because);
    this.#incoming?.ended();
  }

  #incomingCalls(): IncomingCalls | undefined {
    const { answering } = this.#sides;
    if (answering === undefined) return undefined;
    this.#incoming ??= new IncomingCalls(answering, this.#link, this.#pump);
    return this.#incoming;
  }
}
