// The messages that were sent and did not leave, counted, and decoded from their frames where an observer asks
// for them. So no message has to be kept beside its bytes, and a message that the program has
// changed since is read as sent.

import {
  type AnyMessage,
  type Codec,
  decodeHeader,
  HEADER_BYTES,
  type TypewireError,
} from "@typewire/protocol";
import { unlimited } from "@typewire/protocol/internal";

import type { Connection } from "../connection.ts";
import type { Observers } from "../observers.ts";
import type { Tally } from "../stats.ts";
import type { UnsentRun } from "./segment.ts";

/** Told of messages that will not leave, in order, and why. */
export type TellUndelivered<Outgoing extends AnyMessage> = (
  connection: Connection<Outgoing>,
  messages: readonly Outgoing[],
  why: TypewireError,
) => void;

/** The endpoint, as far as it keeps account of what is undelivered. */
export interface Reporter<Outgoing extends AnyMessage> {
  readonly outgoing: Codec<Outgoing>;
  readonly tally: Tally;
  readonly owner: { readonly undelivered?: TellUndelivered<Outgoing> };
  readonly observers: Pick<
    Observers<Outgoing, never>,
    "onSent" | "onUndelivered" | "onHandlerError"
  >;
}

/** What one connection could not deliver. */
export class Undelivered<Outgoing extends AnyMessage> {
  readonly #endpoint: Reporter<Outgoing>;
  readonly #self: Connection<Outgoing>;
  #count = 0;
  #isTelling = false;

  constructor(endpoint: Reporter<Outgoing>, self: Connection<Outgoing>) {
    this.#endpoint = endpoint;
    this.#self = self;
  }

  /** Messages so far. */
  get count(): number {
    return this.#count;
  }

  /** A frame that will not leave because of `why`. Never throws. */
  addFrame(frame: Uint8Array, why: () => TypewireError): void {
    this.#add(() => [{ bytes: frame, sentBytes: 0 }], this.#endpoint.observers.onUndelivered, why);
  }

  /** A message of this side's that the peer does not take for its size, which is `why`. Never throws. */
  addMessage(message: Outgoing, why: TypewireError): void {
    const { tally, observers } = this.#endpoint;
    // Where no observer asks, the count is all: the message may be large.
    const frame = observers.onUndelivered && this.#frameOf(message);
    if (frame !== undefined) {
      this.addFrame(frame, () => why);
      return;
    }
    this.#count += 1;
    tally.undelivered(1);
  }

  /** Undefined where a part that the limit kept from being looked at is wrong. */
  #frameOf(message: Outgoing): Uint8Array | undefined {
    try {
      return this.#endpoint.outgoing.encodeFrame(message, unlimited);
    } catch {
      return undefined;
    }
  }

  /** What a queue still held when its connection ended because of `why`. Never throws. */
  addUnsent(unsent: () => Iterable<UnsentRun>, why: () => TypewireError): void {
    const { owner, observers } = this.#endpoint;
    this.#add(unsent, owner.undelivered ?? observers.onUndelivered, why);
  }

  /** Reading the bytes back takes time, so it is done only where there is a `tell`. */
  #add(
    unsent: () => Iterable<UnsentRun>,
    tell: TellUndelivered<Outgoing> | undefined,
    why: () => TypewireError,
  ): void {
    const { outgoing, tally, observers } = this.#endpoint;
    try {
      const count = countUndelivered(unsent());
      this.#count += count;
      tally.undelivered(count);
      // An observer that sends the message again on the same connection would never come to an end.
      if (count === 0 || tell === undefined || this.#isTelling) return;
      this.#isTelling = true;
      tell(this.#self, readUndelivered(unsent(), outgoing), why());
    } catch (error) {
      // A frame given to `sendFrame` that is none.
      observers.onHandlerError(this.#self, "onUndelivered", error);
    } finally {
      this.#isTelling = false;
    }
  }
}

/**
 * How many user messages in `runs` have not left whole.
 *
 * @throws TypewireError where a frame that was given ready-made is none.
 */
function countUndelivered(runs: Iterable<UnsentRun>): number {
  let count = 0;
  eachPayload(runs, () => {
    count += 1;
  });
  return count;
}

/**
 * Copies of the user messages in `runs` that have not left whole, in order.
 *
 * @throws TypewireError where a frame that was given ready-made is none.
 */
function readUndelivered<Message extends AnyMessage>(
  runs: Iterable<UnsentRun>,
  codec: Codec<Message>,
): readonly Message[] {
  const messages: Message[] = [];
  eachPayload(runs, (bytes, start, end) => {
    // Only user messages are visited; what the peer would accept does not matter any more.
    messages.push(codec.decodeIncoming(bytes, start, end, unlimited) as Message);
  });
  return messages;
}

/** Calls back with each user message in `runs` that has not left whole, as its payload. */
function eachPayload(
  runs: Iterable<UnsentRun>,
  visit: (bytes: Uint8Array, start: number, end: number) => void,
): void {
  for (const { bytes, sentBytes } of runs) {
    for (let position = 0; position < bytes.length;) {
      const start = position + HEADER_BYTES;
      const end = start + decodeHeader(bytes, position);
      if (end > sentBytes && !isControlPayload(bytes, start)) visit(bytes, start, end);
      position = end;
    }
  }
}

/**
 * Whether a payload that our codec wrote is a control message. It writes `type` first, a map of a
 * control message has less than 24 entries, and its name less than 24 bytes: so each of those is told
 * in one byte, and the name's `$` is the eighth.
 */
function isControlPayload(bytes: Uint8Array, start: number): boolean {
  const map = bytes[start] ?? 0;
  const name = bytes[start + 6] ?? 0;
  return map >= 0xa1 && map <= 0xb7 && name >= 0x60 && name <= 0x77 && bytes[start + 7] === 0x24;
}
