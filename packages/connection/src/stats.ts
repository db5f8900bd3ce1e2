// The work of connections, in numbers. Each connection counts for itself, one increment for a message; an
// endpoint adds up the live connections when it is asked, and keeps the sums of those that have ended.

import type { CloseCode } from "./close-reason.ts";
import { TypeCounts } from "./type-counts.ts";

/** One connection. Control messages are not counted as messages; their bytes are counted as bytes. */
export interface ConnectionStats {
  /** Valid messages that came. */
  readonly messagesReceived: number;
  /** Messages that came, are of this protocol by their name, and fail their schema; answered or not. */
  readonly messagesRefused: number;
  /** Messages that came, and whose name is none of this direction's: of a newer peer's, say. Calls too. */
  readonly messagesUnknown: number;
  /** Messages sent that the peer has refused, as it has said in an `$error`; a peer need not say so of each. */
  readonly messagesRefusedByPeer: number;
  /** Messages sent, whether they have left or not. */
  readonly messagesSent: number;
  /** Messages that `send` was given and that could not be handed to the socket whole; see `onUndelivered`. */
  readonly messagesUndelivered: number;
  /** Bytes that came before the end began. */
  readonly bytesReceived: number;
  /** Bytes that the socket has taken. */
  readonly bytesSent: number;
  /** Bytes held: sent and not taken by the socket, received and not handled, items of calls that no program has taken. */
  readonly bufferedBytes: number;
  /** Of the valid messages, those whose handler still waited for another when the connection ended; see `order`. */
  readonly messagesUnhandled: number;
  /** Handlers whose promise has not settled, and with the order `sequential` those that wait for it. */
  readonly handlersInFlight: number;
  /** Calls that are open at the side that answers them. */
  readonly callsInFlight: number;
}

/** The figures of connections, to be added to. */
export type StatsSum = { -readonly [Name in keyof ConnectionStats]: ConnectionStats[Name] };

/** What adds its own figures to those of others: an object for each of ten thousand connections would be garbage. */
export interface Counted {
  addStatsTo(sum: StatsSum): void;
}

/** The figures of no connection. */
export function noStats(): StatsSum {
  return {
    messagesReceived: 0,
    messagesRefused: 0,
    messagesUnknown: 0,
    messagesRefusedByPeer: 0,
    messagesSent: 0,
    messagesUndelivered: 0,
    bytesReceived: 0,
    bytesSent: 0,
    bufferedBytes: 0,
    messagesUnhandled: 0,
    handlersInFlight: 0,
    callsInFlight: 0,
  };
}

/** All connections of an endpoint since it was made. `opened` is `connections` and all of `closedByReason`. */
export interface EndpointStats extends Omit<ConnectionStats, "handlersInFlight"> {
  /** Connections that have a socket and have not ended. */
  readonly connections: number;
  /** Connections that ever had a socket. */
  readonly opened: number;
  readonly closedByReason: Readonly<Partial<Record<CloseCode, number>>>;
  /** Calls that have ended with their output: answered by this server, or made by this client. */
  readonly callsAnswered: number;
  /**
   * The others that have ended, by code: ours, and the errors that the protocol declares. A client counts a code
   * that its protocol does not know as `$other`, and a server `connection-lost` where no answer could leave.
   */
  readonly callsFailedByCode: Readonly<Record<string, number>>;
}

/** How the calls of an endpoint have ended. */
export interface EndedCalls {
  readonly answered: number;
  readonly failedByCode: Readonly<Record<string, number>>;
}

const statNames = Object.keys(noStats()) as readonly (keyof StatsSum)[];

/** What ended connections have left behind. */
export class Tally {
  /** Valid messages that came and have no handler; the others are counted in the table of handlers. */
  readonly unheard: TypeCounts;
  readonly sent: TypeCounts;
  readonly #ended = noStats();
  #opened = 0;
  #messagesUndelivered = 0;
  readonly #closedByReason = new Map<CloseCode, number>();

  /** The names of the messages without a handler, and of those that this side sends. */
  constructor(unheard: readonly string[] = [], sent: readonly string[] = []) {
    this.unheard = new TypeCounts(unheard);
    this.sent = new TypeCounts(sent);
  }

  /** A connection has got its socket. */
  open(): void {
    this.#opened += 1;
  }

  /** A connection that had a socket has ended. */
  close(code: CloseCode, left: ConnectionStats): void {
    this.#closedByReason.set(code, (this.#closedByReason.get(code) ?? 0) + 1);
    for (const name of statNames) this.#ended[name] += left[name];
  }

  /** Messages of a connection, alive or ended, could not be handed to its socket. */
  undelivered(count: number): void {
    this.#messagesUndelivered += count;
  }

  /** The sum of what has ended and of these, which live. `calls`: undefined where the protocol has none. */
  stats(live: ReadonlySet<Counted>, calls?: EndedCalls): EndpointStats {
    // What has ended holds nothing any more.
    const sum = { ...this.#ended, bufferedBytes: 0, callsInFlight: 0 };
    for (const each of live) each.addStatsTo(sum);
    const { handlersInFlight: _, ...ofAll } = sum;
    return {
      ...ofAll,
      connections: live.size,
      opened: this.#opened,
      closedByReason: Object.fromEntries(this.#closedByReason),
      callsAnswered: calls?.answered ?? 0,
      callsFailedByCode: calls?.failedByCode ?? {},
      // Those of an ended connection are told later than it ends.
      messagesUndelivered: this.#messagesUndelivered,
    };
  }
}
