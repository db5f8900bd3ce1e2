// What a client is made with, and what it tells: types only.

import type {
  Clock,
  CloseReason,
  Connection,
  ConnectionLimits,
  Handlers,
  Observer,
} from "@typewire/connection";
import type { AnyProtocol, MessageOf } from "@typewire/protocol";

import type { ReconnectOptions } from "./backoff.ts";

/** A connection as the client's handlers see it. */
export type ClientConnection<P extends AnyProtocol> = Connection<
  MessageOf<P, "client">,
  MessageOf<P, "server">
>;

/**
 * A function for each message that the server may send, besides `open` and `close`. Conditional, so that
 * the compiler has settled on P before it looks into a literal, and infers the parameters from it.
 */
export type ClientHandlers<P extends AnyProtocol> = P extends AnyProtocol
  ? Handlers<MessageOf<P, "server">, ClientConnection<P>>
  : never;

/**
 * - `connecting`: the first attempt. Its failure is `connect`'s rejection.
 * - `connected`: the server's first valid message has come.
 * - `reconnecting`: the connection was lost; waiting for the next attempt, or in it.
 * - `closed`: for good.
 */
export type ClientState = "connecting" | "connected" | "reconnecting" | "closed";

/** A change of state, for a log. */
export type ClientStatus =
  | { readonly state: "connected"; readonly address: string }
  /** The connection, or an attempt to have one again, ended for `reason`. */
  | { readonly state: "reconnecting"; readonly reason: CloseReason; readonly delayMs: number }
  | { readonly state: "closed"; readonly reason: CloseReason };

export interface ClientOptions<P extends AnyProtocol> {
  /** From the start of an attempt to the server's first valid message. Default 10 s. */
  readonly connectTimeoutMs?: number;
  /** How to come back after the connection was lost; false: not at all. Never after `protocol-mismatch`. */
  readonly reconnect?: false | ReconnectOptions;
  /** Limits of the connection; the defaults are those of `@typewire/connection`. */
  readonly limits?: Partial<ConnectionLimits>;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Uniform in [0, 1), for the waits between attempts. Default `Math.random`. */
  readonly random?: () => number;
  /** Called for each connection before it opens: who watches it, for a log or a trace. */
  readonly observe?: (
    connectionName: string,
  ) => Observer<MessageOf<P, "client">, MessageOf<P, "server">> | undefined;
  /** Told of every change of state after `connecting`. Must not throw. */
  readonly onStatus?: (status: ClientStatus) => void;
  /** A handler threw or rejected; its connection ends with `internal`. Default: `console.error`, with the stack. */
  readonly onHandlerError?: (
    connection: ClientConnection<P>,
    handlerName: string,
    error: unknown,
  ) => void;
}
