// What a user gives to a server and gets from it, besides messages: handlers, options,
// its figures, and how a drain went.

import type { Backplane, BackplaneEvent, BackplaneStats, Gap } from "@typewire/backplane";
import {
  aFunction,
  aText,
  type CloseReason,
  endOptions,
  functions,
  type HandlersArgument,
  type EndOptions,
  type EndpointStats,
  type Middleware,
  type MiddlewareCall,
  milliseconds,
  type Observer,
  type OptionCheck,
  type OptionChecks,
  positiveInteger,
  wholeMilliseconds,
} from "@typewire/connection";
import type {
  AnyProtocol,
  AuthOf,
  CallError,
  CallHandlers,
  DeclaredCodes,
  DeclaredData,
  MessageOf,
} from "@typewire/protocol";

import type { Authenticated } from "./context.ts";
import type { MemberConnection } from "./member-connection.ts";

/** A connection as the handlers and observers of the server of `P` see it; `Context` is what `authenticate` returns. */
export type ServerConnection<P extends AnyProtocol, Context = undefined> = MemberConnection<
  MessageOf<P, "server">,
  Context
>;

/** A function for each call of `P`, and for each message that the client may send and the server cares for. */
export type ServerHandlers<P extends AnyProtocol, Context = undefined> = CallHandlers<
  P,
  MemberConnection<MessageOf<P, "server">, Context>,
  Context
>;

/** What a middleware knows of a call. */
export interface MiddlewareCallOf<
  P extends AnyProtocol,
  Context = undefined,
> extends MiddlewareCall {
  /** The caller's. */
  readonly connection: ServerConnection<P, Context>;
  /** What `authenticate`, or the option `context`, made of the connection. */
  readonly context: Context;
  /** As in a handler, with the errors of all calls: the caller of one that does not declare it gets `internal`. */
  error<Code extends DeclaredCodes<P>>(
    this: void,
    code: Code,
    ...data: undefined extends DeclaredData<P, Code>
      ? [data?: DeclaredData<P, Code>]
      : [data: DeclaredData<P, Code>]
  ): CallError<Code, DeclaredData<P, Code>>;
}

/**
 * `ServerHandlers` as a last argument, which can be left out where the protocol has no calls; with the option
 * `exhaustive`, where the server receives nothing at all.
 */
export type ServerHandlersArgument<P extends AnyProtocol, Context, Exhaustive> = HandlersArgument<
  [Exhaustive] extends [true] ? Required<ServerHandlers<P, Context>> : ServerHandlers<P, Context>
>;

/** What a server was full of. */
export type ConnectionCap = "maxConnections" | "maxConnectionsPerAddress";

/** Why a peer was turned away: a cap, or the file descriptors that the rest of the process has taken. */
export type TurnedAwayBy = ConnectionCap | "descriptors";

/** What a server may be told of its connections, and of those that it has not taken. */
export interface ServerObserver<P extends AnyProtocol, Context = undefined> extends Observer<
  MessageOf<P, "server">,
  MessageOf<P, "client">,
  ServerConnection<P, Context>
> {
  /** A connection ended before `onOpen`: its handshake, of TLS or of the secret, or `authenticate` failed. In the place of `onClose`. */
  onNotOpened?(connection: ServerConnection<P, Context>, reason: CloseReason): void;
  /**
   * A peer was turned away because of this: with `too-many-connections`, or for want of descriptors without a
   * word. There is only its name.
   */
  onTurnedAway?(connectionName: string, by: TurnedAwayBy): void;
  /** Messages that another server has published have not come here: never without this. Only with a `backplane`. */
  onGap?(gap: Gap): void;
  /** The bus has gone, or come back; another server has come, has left or has fallen silent. Only with a `backplane`. */
  onBackplane?(event: BackplaneEvent): void;
}

/** The options are one observer themselves. */
export interface ServerOptions<P extends AnyProtocol, Context = undefined>
  extends ServerObserver<P, Context>, EndOptions<ServerObserver<P, Context>> {
  /**
   * Lets a client in by what it shows, where the protocol has `auth`, and there it has to be given. What it
   * returns, or promises, is `connection.context`; `{ context, expiresAt }` lets the client stay until then.
   * What it throws is a refusal: the client is told `auth-failed`, and nothing of why. For what was good once
   * it throws a `TypewireError` with `auth-expired`, or returns an `expiresAt` that has passed: the client comes
   * back with something newer. Where it cannot find out (its database is away), it throws one with another
   * code: the client is told `internal`, and comes back. No handler runs, and `onOpen` is not called, before;
   * `connection.peer` is known. It has ten seconds, the time in which the client shows it included.
   */
  authenticate?(
    shown: AuthOf<P>,
    connection: ServerConnection<P, unknown>,
  ): Authenticated<Context> | PromiseLike<Authenticated<Context>>;
  /**
   * Run around the handler of each call, the first outermost, whatever the call has: `next()` settles when the call
   * has ended. For timing, logging, permissions. Not around messages, nor around what is built in. Default: none.
   */
  readonly use?: readonly Middleware<MiddlewareCallOf<P, Context>>[];
  /** Makes `connection.context` of a connection, before `onOpen`, where the protocol has no `auth`. Default: undefined. */
  context?(connection: ServerConnection<P, unknown>): Context;
  /**
   * Connections at once; one over is told `too-many-connections` and closed. Default 10 000. Lowered to
   * what the descriptors allow that this process has not opened when the server starts, less a reserve of
   * an eighth of all (4 to 128) and the refusals under way: a listener without a descriptor spins. Peers
   * that have not yet shown what is asked for (TLS, the secret, a required hello) have a quarter of it,
   * more for a second at most; the oldest of them makes room for the newest.
   */
  readonly maxConnections?: number;
  /**
   * Of those, from one IP address; one over is told `too-many-connections` and closed. Default: as many as
   * there may be, because a proxy's clients all come from its address. Not counted on a Unix socket.
   */
  readonly maxConnectionsPerAddress?: number;
  /**
   * Bytes of memory that all connections together may hold in what waits to be sent or handled; above it
   * those that hold most are cut (`slow-consumer`). What one turn of the event loop sends may fill it, and is
   * undelivered beyond it (`queue-full`). Default 256 MiB, or a quarter of the memory that this
   * process may have, by its control group or the machine, where that is less; and at least as much as
   * one connection may.
   */
  readonly maxBufferedBytes?: number;
  /**
   * Joins this server with the others of its protocol: for more clients than one process serves, or one that may not
   * be away. `broadcast` and `publish` then reach the clients of all of them; docs/cluster.md says what is promised.
   * Default: none, and nothing of it is loaded.
   */
  readonly backplane?: Backplane;
}

const aBackplane: OptionCheck = {
  expected: "what nats() or embedded() returns",
  allows: (value) =>
    typeof value === "object" &&
    value !== null &&
    // Lists have a method of this name.
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    "join" in value &&
    typeof value.join === "function",
};

/** All of them, for a host that refuses what is not known. */
export const serverOptions: OptionChecks<keyof ServerOptions<AnyProtocol>> = {
  ...endOptions,
  maxConnections: positiveInteger,
  maxConnectionsPerAddress: positiveInteger,
  maxBufferedBytes: positiveInteger,
  authenticate: aFunction,
  context: aFunction,
  use: functions,
  onNotOpened: aFunction,
  onTurnedAway: aFunction,
  onGap: aFunction,
  onBackplane: aFunction,
  backplane: aBackplane,
};

/** How a server that ends lets its connections go. */
export interface DrainOptions {
  /** How long connections may take to let go after their `$bye`, from 0 to 2^31 − 1 ms. Default 10 s. */
  readonly timeoutMs?: number;
  /** Told to every client in `$bye`. */
  readonly reason?: string;
  /**
   * Told to every client in `$bye`: when to come back, in whole milliseconds, at most 2^31 − 1. Default: nothing,
   * or with `spreadMs` a time by chance within a tenth of it.
   */
  readonly retryAfterMs?: number;
  /**
   * From the first `$bye` to the last, from 0 to 2^31 − 1 ms: they are said in random order at even distances, and
   * each connection is served until its own. For a server that others stand in for while it is restarted:
   * its clients come to them one after the other. Default 0: all at once.
   */
  readonly spreadMs?: number;
}

export const drainOptions: OptionChecks<keyof DrainOptions> = {
  timeoutMs: milliseconds(0),
  reason: aText,
  retryAfterMs: wholeMilliseconds,
  spreadMs: milliseconds(0),
};

/** How a drain went. */
export interface Drained {
  /** Connections that were still there at the deadline. */
  readonly cut: number;
  /** Messages that had been sent, and had not left whole when their connection ended. */
  readonly messagesUndelivered: number;
}

/** What a server has done since it began, in numbers. `accepted` is `connections` and all of `closedByReason`. */
export interface ServerStats extends Omit<EndpointStats, "opened"> {
  /** Connections that were let in; with TLS, after the handshake. */
  readonly accepted: number;
  /** Those that were told `too-many-connections` instead, or nothing where no descriptor was left. */
  readonly turnedAway: number;
  /** Messages of `publish` that slow members did not get, because it said `whenSlow: "drop"`, here or at another server. */
  readonly messagesDropped: number;
  /** What passed between the servers; undefined without a `backplane`. */
  readonly backplane?: BackplaneStats;
}
