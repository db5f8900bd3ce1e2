// What a client is made with, and what it tells.

import {
  type AbortSignalLike,
  aFunction,
  aPlainObject,
  aSignal,
  type CloseReason,
  type Connection,
  either,
  endOptions,
  type EndOptions,
  type EndpointStats,
  type HandlersArgument,
  type HandlersOf,
  milliseconds,
  type Observer,
  oneOf,
  only,
  type OptionChecks,
  yesOrNo,
} from "@typewire/connection";
import type { AnyProtocol, AuthOf, MessageOf } from "@typewire/protocol";

import type { ReconnectOptions } from "./backoff.ts";

/** A connection as the client's handlers see it. */
export type ClientConnection<P extends AnyProtocol> = Connection<MessageOf<P, "client">>;

/** A function for each message that the server may send. */
export type ClientHandlers<P extends AnyProtocol> = HandlersOf<P, "client">;

/** `ClientHandlers` as a last argument, which can be left out; not with the option `exhaustive`, where anything comes. */
export type ClientHandlersArgument<P extends AnyProtocol, Exhaustive> = [Exhaustive] extends [true]
  ? HandlersArgument<Required<ClientHandlers<P>>>
  : [handlers?: ClientHandlers<P> | undefined];

/**
 * - `connecting`: the first attempt. Its failure is `connect`'s rejection, unless it is repeated or there is
 *   another server to try.
 * - `connected`: the server's first valid message has come.
 * - `reconnecting`: the connection was lost, or the first attempt; waiting for the next attempt, or in it.
 * - `closed`: for good.
 */
export type ClientState = "connecting" | "connected" | "reconnecting" | "closed";

/** A change of state, for a log. */
export type ClientStatus =
  | { readonly state: "connected"; readonly address: string }
  /** The connection to `address`, or an attempt to have one again, ended for `reason`. */
  | {
      readonly state: "reconnecting";
      readonly address: string;
      readonly reason: CloseReason;
      readonly delayMs: number;
    }
  | { readonly state: "closed"; readonly reason: CloseReason };

/** What a client has done since it began, in numbers, over all its connections. */
export interface ClientStats extends EndpointStats {}

/**
 * What a client may be told of its connections, one after the other, and of its own state. `onUndelivered` has
 * also what was sent while there was no connection and given up, with the last connection or attempt; with
 * `resend` it has nothing but what was given up. It is called before `onStatus` tells of the end.
 */
export interface ClientObserver<P extends AnyProtocol> extends Observer<
  MessageOf<P, "client">,
  MessageOf<P, "server">
> {
  /** Every change of state after `connecting`. */
  onStatus?(status: ClientStatus): void;
  /**
   * Messages of other servers to this client have been lost on their way to its server, which tells only a client
   * that asks for it with this. A program that must have all of them asks for the present state now.
   */
  onGap?(gap: ToldGap): void;
}

/** A gap in what a server passes on from others. */
export interface ToldGap {
  /** Undefined for broadcasts. */
  readonly topic?: string;
  /** The number of the first that is missing, as its server counts. */
  readonly from: number;
  /** How many; undefined where that is not known. */
  readonly missed?: number;
  /** What has lost them: `bus`. */
  readonly why: string;
}

/** The options are one observer themselves. */
export interface ClientOptions<P extends AnyProtocol>
  extends ClientObserver<P>, EndOptions<ClientObserver<P>> {
  /**
   * What this client shows to be let in, made anew for each connection, or its promise: where the protocol has
   * `auth`, and there it has to be given. Where it throws, the attempt has failed, and the next asks again;
   * what does not fit the protocol's `auth` ends the client with `option-invalid`.
   */
  auth?(): AuthOf<P> | PromiseLike<AuthOf<P>>;
  /** From the start of an attempt at one server to its first valid message, from 1 ms to 2^31 − 1 ms. Default 10 s. */
  readonly connectTimeoutMs?: number;
  /**
   * What becomes of the first attempt when it fails: `once` rejects; `repeat` is for a service that may start
   * before its server, and dials again as after a lost connection, each time told by `onStatus`. It rejects
   * only after a verdict that does not change. With several servers an attempt is one at each. Default `once`.
   */
  readonly firstAttempt?: "once" | "repeat";
  /**
   * Ends the wait for the first connection: for a service that is told to stop, or has a deadline
   * (`AbortSignal.timeout(ms)`), while it dials. Aborted before there is a connection, `connect` rejects with
   * the signal's reason and leaves nothing behind; later it has no effect, and `close()` is the way to end.
   */
  readonly signal?: AbortSignalLike;
  /**
   * How to come back after the connection was lost; false: not at all. Never after a verdict that does
   * not change: `protocol-mismatch`, `auth-required`, `auth-failed`, and what a server closes with `final`.
   */
  readonly reconnect?: false | ReconnectOptions;
  /**
   * Whether messages that had not left whole are kept, and sent first thing on the next connection: none
   * of them arrives twice. Takes the memory of the queue they were in. Not without `reconnect`. Default false.
   */
  readonly resend?: boolean;
  /**
   * What becomes of messages that are sent while there is no connection: `queue` keeps up to 1 MiB of them,
   * the latest, for the next connection; `drop` gives them up, for what is of no use late, as positions and
   * prices, or must not come before what the program says first on each connection. Default `queue`.
   */
  readonly whileReconnecting?: "queue" | "drop";
  /** Uniform in [0, 1), for the waits between attempts and the order of several servers. Default `Math.random`. For tests. */
  readonly random?: () => number;
}

/** All of them, for a host that refuses what is not known. */
export const clientOptions: OptionChecks<keyof ClientOptions<AnyProtocol>> = {
  ...endOptions,
  auth: aFunction,
  connectTimeoutMs: milliseconds(1),
  firstAttempt: oneOf("once", "repeat"),
  signal: aSignal,
  reconnect: either(only(false), aPlainObject),
  resend: yesOrNo,
  whileReconnecting: oneOf("queue", "drop"),
  random: aFunction,
  onStatus: aFunction,
  onGap: aFunction,
};
