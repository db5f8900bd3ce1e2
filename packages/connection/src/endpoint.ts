// What all connections of one server, or of one client, have in common: the protocol seen from their
// side, the handlers, the limits, time, buffers, and the `$hello` they begin with. Made once, so that a
// connection itself stays small. Holds no connection.

import {
  type AnyMessage,
  type AnyProtocol,
  ByteWriter,
  type Codec,
  type Hello,
  type MessageOf,
  type Role,
} from "@typewire/protocol";

import { BufferPool } from "./buffer-pool.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { CloseReason } from "./close-reason.ts";
import type { Connection } from "./connection.ts";
import { FlushScheduler } from "./flush-scheduler.ts";
import { buildHandlerTable, type Handlers, type HandlerTable } from "./handlers.ts";
import { type ConnectionLimits, resolveLimits } from "./limits.ts";

/** The owner's own callbacks, beside the user's handlers. They must not throw. */
export interface EndpointHooks<Outgoing extends AnyMessage, Incoming extends AnyMessage> {
  /** A connection has ended; called at once, before the user's `close` handler. */
  readonly closed?: (connection: Connection<Outgoing, Incoming>, reason: CloseReason) => void;
  /** A handler threw or rejected, perhaps after the end. For the log: it has the stack that nobody else gets. */
  readonly handlerFailed?: (
    connection: Connection<Outgoing, Incoming>,
    handlerName: string,
    error: unknown,
  ) => void;
}

export interface EndpointOptions<Outgoing extends AnyMessage, Incoming extends AnyMessage> {
  readonly limits?: Partial<ConnectionLimits>;
  /** Default: the machine's. */
  readonly clock?: Clock;
  readonly hooks?: EndpointHooks<Outgoing, Incoming>;
}

/** One side of a protocol, ready to make connections: see `createEndpoint`. */
export interface Endpoint<Outgoing extends AnyMessage, Incoming extends AnyMessage> {
  readonly role: Role;
  /** What this side says first, and what the peer's `$hello` is held against. */
  readonly hello: Hello;
  /** `hello` as bytes, shared by all connections. */
  readonly helloFrame: Uint8Array;
  readonly outgoing: Codec<Outgoing>;
  readonly incoming: Codec<Incoming>;
  readonly handlers: HandlerTable<Incoming, Connection<Outgoing, Incoming>>;
  readonly limits: ConnectionLimits;
  readonly clock: Clock;
  readonly scheduler: FlushScheduler;
  readonly buffers: BufferPool;
  readonly hooks: EndpointHooks<Outgoing, Incoming>;
}

/** What a side of a protocol sends. */
export type Sent<P extends AnyProtocol, R extends Role> = MessageOf<P, R>;

/** What a side of a protocol receives. */
export type Received<P extends AnyProtocol, R extends Role> = MessageOf<
  P,
  R extends "server" ? "client" : "server"
>;

/**
 * The `role` side of `protocol`, with the user's handlers.
 *
 * @throws TypewireError `option-invalid` naming the limit or handler that is not possible.
 */
export function createEndpoint<P extends AnyProtocol, R extends Role>(
  protocol: P,
  role: R,
  handlers: Handlers<Received<P, R>, Connection<Sent<P, R>, Received<P, R>>>,
  options: EndpointOptions<Sent<P, R>, Received<P, R>> = {},
): Endpoint<Sent<P, R>, Received<P, R>> {
  const outgoing = protocol[role] as Codec<Sent<P, R>>;
  const incoming = protocol[role === "server" ? "client" : "server"] as Codec<Received<P, R>>;
  const limits = resolveLimits(options.limits);
  const clock = options.clock ?? systemClock;
  const hello: Hello = {
    type: "$hello",
    protocol: protocol.name,
    version: protocol.version,
    fingerprint: protocol.fingerprint,
    maxFrameBytes: limits.maxFrameBytes,
  };
  const writer = new ByteWriter();
  outgoing.encodeInto(hello, writer);
  return {
    role,
    hello,
    helloFrame: writer.copy(),
    outgoing,
    incoming,
    handlers: buildHandlerTable(incoming.messageNames, handlers),
    limits,
    clock,
    scheduler: new FlushScheduler(clock),
    buffers: new BufferPool(),
    hooks: options.hooks ?? {},
  };
}
