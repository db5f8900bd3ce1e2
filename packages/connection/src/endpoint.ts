// What all connections of one server, or of one client, have in common: the protocol seen from their
// side, the handlers, the limits, time, buffers, and the `$hello` they begin with. Made once, so that a
// connection itself stays small. Knows the live connections only as members of its sweep.

import {
  type AnyMessage,
  type AnyProtocol,
  type Codec,
  type ControlMessage,
  type Hello,
  type MessageOf,
  type Role,
  TypewireError,
} from "@typewire/protocol";
import { ByteWriter } from "@typewire/protocol/internal";

import type { CloseReason } from "./close-reason.ts";
import type { Connection } from "./connection.ts";
import { buildHandlerTable, type Handlers, type HandlerTable } from "./handlers.ts";
import { type ConnectionLimits, resolveLimits } from "./limits.ts";
import { type Holder, MemoryBudget } from "./memory-budget.ts";
import type { SharedSecret } from "./handshake/secret-exchange.ts";
import { BufferPool } from "./sending/buffer-pool.ts";
import { type ConnectionStats, type EndpointStats, Tally } from "./stats.ts";
import { type Clock, systemClock } from "./time/clock.ts";
import { FlushScheduler, TurnScheduler } from "./time/schedulers.ts";
import { type Sweepable, Sweep, sweepPeriodMs } from "./time/sweep.ts";

/** A live connection as its endpoint sees it: what has deadlines, holds memory, and counts. */
export interface Member extends Sweepable, Holder {
  readonly stats: ConnectionStats;
}

/** The owner's own callbacks, beside the user's handlers. They must not throw. */
export interface EndpointHooks<Outgoing extends AnyMessage> {
  /**
   * The peer has shown all that this side asks for: the secret, a required hello. Called before the user's
   * `open` handler, or where only the hello was asked for after it; at once where nothing is.
   */
  readonly proven?: (connection: Connection<Outgoing>) => void;
  /** A connection has ended; called at once, before the user's `close` handler. */
  readonly closed?: (connection: Connection<Outgoing>, reason: CloseReason) => void;
  /**
   * Messages were sent, and not wholly handed to the socket when the connection ended: copies of them, in
   * order. Called before `closed`, only when there are any. What the socket took may be lost too, with
   * the network or the peer: only an answer says that a message arrived.
   */
  readonly undelivered?: (connection: Connection<Outgoing>, messages: readonly Outgoing[]) => void;
  /**
   * A handler threw or rejected, perhaps after the end. For the log: no peer is told the stack. Also called
   * for an observer that throws, named `observer.sent` and so on; the connection goes on then.
   */
  readonly handlerFailed?: (
    connection: Connection<Outgoing>,
    handlerName: string,
    error: unknown,
  ) => void;
}

export interface EndpointOptions<Outgoing extends AnyMessage> {
  readonly limits?: Partial<ConnectionLimits>;
  /**
   * Bytes of memory that all connections together may hold in output that waits, frames that are not
   * whole, and messages that wait for their turn. Above it those that hold most are destroyed
   * (`slow-consumer`). Default 256 MiB, or a quarter of `memoryLimitBytes` where that is less, and at
   * least as much as one connection may. Answers a thousand slow readers, each within its own limit.
   */
  readonly maxBufferedBytes?: number;
  /** Memory that this process may have at all. Default: not known. */
  readonly memoryLimitBytes?: number;
  /**
   * Whether each chunk given to `LiveConnection.receive` is a buffer of its own, as Bun's sockets make them:
   * then its memory is given back once it is used up, and what it was given as is empty. Default false.
   */
  readonly ownsChunks?: boolean;
  /** Default: the machine's. */
  readonly clock?: Clock;
  readonly hooks?: EndpointHooks<Outgoing>;
  /** Where given, both ends prove that they have it before anything else is accepted. Default: no secret. */
  readonly secret?: SharedSecret;
}

/** One side of a protocol, ready to make connections: see `createEndpoint`. */
export interface Endpoint<Outgoing extends AnyMessage, Incoming extends AnyMessage> {
  readonly role: Role;
  /** What this side says first, and what the peer's `$hello` is held against. */
  readonly hello: Hello;
  /** `hello` as bytes, shared by all connections. */
  readonly helloFrame: Uint8Array;
  /** `$ping` as bytes, shared by all connections. */
  readonly pingFrame: Uint8Array;
  readonly outgoing: Codec<Outgoing>;
  readonly incoming: Codec<Incoming>;
  readonly handlers: HandlerTable<Incoming, Connection<Outgoing>>;
  readonly limits: ConnectionLimits;
  readonly clock: Clock;
  readonly flushes: FlushScheduler;
  readonly turns: TurnScheduler;
  readonly sweep: Sweep<Member>;
  readonly memory: MemoryBudget;
  readonly buffers: BufferPool;
  readonly ownsChunks: boolean;
  readonly tally: Tally;
  readonly hooks: EndpointHooks<Outgoing>;
  readonly secret: SharedSecret | undefined;
  /** What all connections of this endpoint have done so far. */
  readonly stats: () => EndpointStats;
}

const defaultMaxBufferedBytes = 256 * 1024 * 1024;

/** The rest is for the program, its heap, and what the kernel keeps for sockets. */
const BUFFERED_SHARE = 1 / 4;

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
 * @throws TypewireError `option-invalid` naming the limit, option or handler that is not possible.
 */
export function createEndpoint<P extends AnyProtocol, R extends Role>(
  protocol: P,
  role: R,
  handlers: Handlers<Received<P, R>, Connection<Sent<P, R>>>,
  options: EndpointOptions<Sent<P, R>> = {},
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
  if (limits.heartbeatIntervalMs > 0) hello.heartbeatIntervalMs = limits.heartbeatIntervalMs;
  const sweep = new Sweep<Member>(clock, sweepPeriodMs(limits));
  const tally = new Tally();
  return {
    role,
    hello,
    helloFrame: frameOf(outgoing, hello),
    pingFrame: frameOf(outgoing, { type: "$ping" }),
    outgoing,
    incoming,
    handlers: buildHandlerTable(incoming.messageNames, handlers),
    limits,
    clock,
    flushes: new FlushScheduler(clock),
    turns: new TurnScheduler(clock),
    sweep,
    memory: new MemoryBudget(resolveMaxBufferedBytes(options, limits), sweep.members),
    buffers: new BufferPool(),
    ownsChunks: options.ownsChunks ?? false,
    tally,
    hooks: options.hooks ?? {},
    secret: options.secret,
    stats: () => tally.stats([...sweep.members].map((member) => member.stats)),
  };
}

function frameOf<Message extends AnyMessage>(
  codec: Codec<Message>,
  message: ControlMessage,
): Uint8Array {
  const writer = new ByteWriter();
  codec.encodeInto(message, writer);
  return writer.copy();
}

/** The bound must hold one connection at its own limits, or no connection could use them. */
function resolveMaxBufferedBytes(
  {
    maxBufferedBytes: bytes,
    memoryLimitBytes = Infinity,
  }: Pick<EndpointOptions<AnyMessage>, "maxBufferedBytes" | "memoryLimitBytes">,
  { hardQueueBytes, maxFrameBytes }: ConnectionLimits,
): number {
  const least = hardQueueBytes + maxFrameBytes;
  if (bytes === undefined) {
    const shareBytes = Math.floor(memoryLimitBytes * BUFFERED_SHARE);
    return Math.max(Math.min(defaultMaxBufferedBytes, shareBytes), least);
  }
  if (Number.isSafeInteger(bytes) && bytes >= least) return bytes;
  throw new TypewireError(
    "option-invalid",
    `maxBufferedBytes: expected at least hardQueueBytes and maxFrameBytes together (${least}), got ${bytes}`,
  );
}
