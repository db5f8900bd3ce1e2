// The addresses of one client's servers: which is dialled next, when all of them have failed, and when a verdict
// of one server is the verdict of all. Knows neither sockets nor time.

import {
  type CloseReason,
  formatAddress,
  shuffled,
  type SocketAddress,
} from "@typewire/connection";
import { TypewireError } from "@typewire/protocol";

import { connectError, isFinal } from "./verdicts.ts";

/** At least one address. */
export type SocketAddresses = readonly [SocketAddress, ...SocketAddress[]];

/**
 * The addresses in an order of this client's own, so that the clients of a server that ends are shared out
 * among all the others. A round is one attempt at each of them.
 */
export class Servers {
  readonly #count: number;
  #current: SocketAddress;
  /** In the order in which they will be dialled. */
  readonly #others: SocketAddress[];
  /** Attempts that are left in this round, the one under way included. */
  #left: number;
  /** Why those of this round have failed, as a sentence each. */
  #failures = "";
  /** The shortest wait that the servers of this round have asked for. */
  #askedMs = Infinity;
  /** Attempts in a row that have met another protocol. */
  #mismatches = 0;

  /** `random` is uniform in [0, 1), as `Math.random`. */
  constructor(addresses: SocketAddresses, random: () => number) {
    const [first = addresses[0], ...others] = shuffled(addresses, random);
    this.#current = first;
    this.#others = others;
    this.#count = addresses.length;
    this.#left = addresses.length;
  }

  /** The address that is dialled, or was last. */
  get current(): SocketAddress {
    return this.#current;
  }

  /** Whether another address is to be dialled before the round is over. */
  get hasUntried(): boolean {
    return this.#left > 1;
  }

  /**
   * Whether dialling again after `reason` is of no use. One server of several that speaks another protocol is no
   * reason to give up the others; where each of them does, it is.
   */
  isFinal(reason: CloseReason): boolean {
    const isOfOneServer = reason.code === "protocol-mismatch" && reason.final !== true;
    return isFinal(reason) && (!isOfOneServer || this.#mismatches + 1 >= this.#count);
  }

  /**
   * Moves on to the next address, because the attempt at the current one, or its connection, ended for `reason`.
   * Returns the wait in ms that the servers ask for before the next attempt, beside the client's own; undefined
   * where there is to be none, because this round has an address left.
   *
   * What one server of several asks for is not waited for, since the others are there: a whole round has to ask.
   */
  leave(reason: CloseReason, wasConnected: boolean): number | undefined {
    this.#mismatches = reason.code === "protocol-mismatch" ? this.#mismatches + 1 : 0;
    const { message } = this.errorOf(reason);
    this.#others.push(this.#current);
    this.#current = this.#others.shift() ?? this.#current;
    const askedMs = Math.min(this.#askedMs, reason.retryAfterMs ?? 0);
    if (!wasConnected && this.hasUntried) {
      this.#left -= 1;
      this.#askedMs = askedMs;
      this.#failures = message;
      return undefined;
    }
    this.#left = this.#count;
    this.#askedMs = Infinity;
    this.#failures = "";
    return wasConnected && this.#count > 1 ? 0 : askedMs;
  }

  /** What `connect` rejects with after `reason`: the failure of each address that was tried in this round. */
  errorOf(reason: CloseReason): TypewireError {
    const last = connectError(formatAddress(this.#current), reason);
    if (this.#failures === "") return last;
    return new TypewireError(last.code, `${this.#failures}; ${last.message}`);
  }
}
