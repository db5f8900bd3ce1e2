// What all connections of one server, or of one client, have in common: the protocol seen from their
// side, the handlers, the limits, time, buffers, and the `$hello` they begin with. Made once, so that a
// connection itself stays small. Knows the live connections only as members of its sweep.

import {
  type AnyMessage,
  type AnyProtocol,
  type Codec,
  type Hello,
  type MessageOf,
  type Role,
  type SchemasOf,
  TypewireError,
} from "@typewire/protocol";
import { controlFrame } from "@typewire/protocol/internal";

import type { CloseReason } from "./close-reason.ts";
import type { Connection } from "./connection.ts";
import {
  anOrder,
  buildHandlerTable,
  type HandlerOrder,
  type Handlers,
  type HandlerTable,
} from "./handlers.ts";
import { HandlerTimes, type TellHandled } from "./handler-times.ts";
import { type ConnectionLimits, resolveLimits } from "./limits.ts";
import { type Holder, MemoryBudget } from "./memory-budget.ts";
import type { Observer } from "./observer.ts";
import { aClock } from "./option-checks.ts";
import { tellOption } from "./option-value.ts";
import { checkOption } from "./options.ts";
import { type FailureReport, type Observers, observersAsOne } from "./observers.ts";
import { type EndpointCalls, endpointCalls } from "./calls/endpoint-calls.ts";
import type { Middleware } from "./calls/call-table.ts";
import type { Authenticate, Credentials } from "./handshake/authentication.ts";
import { largestHelloBytes, ownHello } from "./own-hello.ts";
import { PeerHellos } from "./handshake/peer-hellos.ts";
import type { SharedSecret } from "./handshake/secret-exchange.ts";
import { BufferPool } from "./sending/buffer-pool.ts";
import { FrameSizes } from "./sending/frame-sizes.ts";
import type { TellUndelivered } from "./sending/undelivered.ts";
import { type Counted, type EndpointStats, Tally } from "./stats.ts";
import { type Clock, systemClock } from "./time/clock.ts";
import { Audience } from "./receiving/audience.ts";
import type { TellGap } from "./receiving/receiver-owner.ts";
import { LoopTurns } from "./time/loop-turns.ts";
import { type Warn, warningObserver } from "./warnings.ts";
import { FlushScheduler, TurnScheduler } from "./time/schedulers.ts";
import { type Sweepable, Sweep, sweepPeriodMs } from "./time/sweep.ts";

/** A live connection as its endpoint sees it: what has deadlines, holds memory, and counts. */
export interface Member extends Sweepable, Holder, Counted {}

/** The maker of a connection, which keeps account of it: a server, a client. Nothing here may throw. */
export interface ConnectionOwner<Outgoing extends AnyMessage> {
  /**
   * The peer has shown all that this side asks for: the secret, a required hello. Called before `opened`, or
   * where only the hello was asked for after it; at once where nothing is.
   */
  readonly proven?: (connection: Connection<Outgoing>) => void;
  /** A connection has opened; called at once, before its observers hear of it. */
  readonly opened?: (connection: Connection<Outgoing>) => void;
  /** What the peer has shown is about to be judged, which may take this side long. The connection may be ended here. */
  readonly judging?: (connection: Connection<Outgoing>) => void;
  /** The end of a connection has begun, opened or not: it is `draining` or `closed` from now on. Called once. */
  readonly ending?: (connection: Connection<Outgoing>) => void;
  /** A connection has ended, opened or not; called at once, before its observers hear of it. */
  readonly closed?: (connection: Connection<Outgoing>, reason: CloseReason) => void;
  /**
   * Given what has not left when a connection ends, in the place of the observers. Called before `closed`. What
   * is sent after the end is the observers'.
   */
  readonly undelivered?: TellUndelivered<Outgoing>;
  /** The peer has said that messages were lost on their way to it. Where it is absent, the peer is not asked to say so. */
  readonly gap?: TellGap<Outgoing>;
}

/** What the connections of an endpoint have in common. */
export interface EndpointOptions<
  Outgoing extends AnyMessage = AnyMessage,
  Incoming extends AnyMessage = AnyMessage,
> {
  readonly limits?: Partial<ConnectionLimits>;
  /**
   * Bytes of memory that all connections together may hold in output that waits, frames that are not
   * whole, and messages that wait for their turn. Above it those that hold most are destroyed
   * (`slow-consumer`). What one turn of the event loop sends may fill it, and is undelivered beyond it
   * (`queue-full`). Default 256 MiB, or a quarter of `memoryLimitBytes` where that is less, and at
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
  /** See `EndOptions`. */
  readonly order?: HandlerOrder | undefined;
  /** See `EndOptions`. */
  readonly exhaustive?: boolean | undefined;
  /** Default: the machine's. */
  readonly clock?: Clock;
  readonly owner?: ConnectionOwner<Outgoing>;
  /** Told of each connection, in this order. */
  readonly observers?: readonly Observer<Outgoing, Incoming>[];
  /** Told of handlers and observers that fail where no observer has `onHandlerError`. Default: no one is. */
  readonly reportFailure?: FailureReport<Outgoing>;
  /** Given a sentence where no observer asks for what should be known; see `warnings.ts`. Default: no one is. */
  readonly warn?: Warn | undefined;
  /** Where given, both ends prove that they have it before anything else is accepted. Default: no secret. */
  readonly secret?: SharedSecret;
  /** Of a server whose protocol has `auth`, and of no other: judges what clients show. */
  readonly authenticate?: Authenticate<Connection<Outgoing>> | undefined;
  /** Of a client whose protocol has `auth`, and of no other: what it shows. */
  readonly credentials?: Credentials | undefined;
  /** Of a server: run around the handlers of calls, the first outermost. Default: none. */
  readonly use?: readonly Middleware<never>[] | undefined;
  /** Of a client: whether another connection follows one that has ended, on which calls are made that waited. Default false. */
  readonly comesBack?: boolean;
}

/** One side of a protocol, ready to make connections: see `createEndpoint`. */
export interface Endpoint<Outgoing extends AnyMessage, Incoming extends AnyMessage> {
  readonly role: Role;
  /** What this side says first, and what the peer's `$hello` is held against. */
  readonly hello: Hello;
  /** `hello` as bytes, shared by all connections. */
  readonly helloFrame: Uint8Array;
  /** Payload bytes of the largest `$hello` that a peer of this protocol says, which does not know this side's limits. */
  readonly greetingBytes: number;
  /** `$ping` as bytes, shared by all connections. */
  readonly pingFrame: Uint8Array;
  /** Of frames for several connections. */
  readonly frameSizes: FrameSizes;
  readonly outgoing: Codec<Outgoing>;
  readonly incoming: Codec<Incoming>;
  readonly handlers: HandlerTable<Incoming, Connection<Outgoing>>;
  readonly limits: ConnectionLimits;
  readonly order: HandlerOrder;
  readonly clock: Clock;
  readonly flushes: FlushScheduler;
  readonly turns: TurnScheduler;
  readonly loopTurns: LoopTurns;
  readonly audience: Audience<Connection<Outgoing>>;
  readonly sweep: Sweep<Member>;
  readonly memory: MemoryBudget;
  readonly buffers: BufferPool;
  readonly ownsChunks: boolean;
  readonly tally: Tally;
  readonly owner: ConnectionOwner<Outgoing>;
  readonly observers: Observers<Outgoing, Incoming>;
  readonly secret: SharedSecret | undefined;
  /** Whether clients have to authenticate. */
  readonly hasAuth: boolean;
  readonly expiries: WeakMap<object, number>;
  /** What peers have said first. */
  readonly peerHellos: PeerHellos;
  /** Undefined where the protocol has no calls. */
  readonly calls: EndpointCalls | undefined;
  readonly authenticate: Authenticate<Connection<Outgoing>> | undefined;
  readonly credentials: Credentials | undefined;
  /** What all connections of this endpoint have done so far. */
  readonly stats: () => EndpointStats;
  /** From now on `tell` hears how long handlers take, of messages and of calls that are answered. At most once. */
  readonly timeHandlers: (tell: TellHandled) => HandlerTimes;
}

const DEFAULT_MAX_BUFFERED_BYTES = 256 * 1024 * 1024;

/** The rest is for the program, its heap, and what the kernel keeps for sockets. */
const BUFFERED_SHARE = 1 / 4;

/** What a side of a protocol sends. */
export type Sent<P extends AnyProtocol, R extends Role> = MessageOf<P, R>;

/** What a side of a protocol receives. */
export type Received<P extends AnyProtocol, R extends Role> = MessageOf<P, PeerOf<R>>;

type PeerOf<R extends Role> = R extends "server" ? "client" : "server";

/**
 * What a side of a protocol does with what it receives. Conditional, so that the compiler has settled on
 * `P` before it looks into a literal, and infers the parameters from it.
 */
export type HandlersOf<P extends AnyProtocol, R extends Role> = P extends AnyProtocol
  ? Handlers<SchemasOf<P, PeerOf<R>>, Connection<Sent<P, R>>>
  : never;

/**
 * The `role` side of `protocol`, with the user's handlers.
 *
 * @throws TypewireError `option-invalid` naming the limit, option or handler that is not possible.
 */
export function createEndpoint<P extends AnyProtocol, R extends Role>(
  protocol: P,
  role: R,
  handlers: HandlersOf<P, R> | undefined,
  options: EndpointOptions<Sent<P, R>, Received<P, R>> = {},
): Endpoint<Sent<P, R>, Received<P, R>> {
  const outgoing = protocol[role] as Codec<Sent<P, R>>;
  const incoming = protocol[role === "server" ? "client" : "server"] as Codec<Received<P, R>>;
  const limits = resolveLimits(options.limits);
  const { clock = systemClock, order = "concurrent" } = options;
  checkOption("order", order, anOrder);
  checkOption("clock", clock, aClock);
  const table = buildHandlerTable<Received<P, R>, Connection<Sent<P, R>>>(
    incoming.messageNames,
    handlers ?? {},
    role === "server" ? Object.keys(protocol.calls) : [],
  );
  const calls = endpointCalls(protocol, role, {
    limits,
    clock,
    handlers: { ...handlers },
    use: options.use ?? [],
    comesBack: options.comesBack ?? false,
  });
  const hello = ownHello(protocol, limits, {
    makesCalls: calls?.outgoing !== undefined,
    answersCalls: calls?.answering !== undefined,
    hearsGaps: options.owner?.gap !== undefined,
  });
  const { warn, observers = [] } = options;
  const unhandled = incoming.messageNames.filter((name) => !table.has(name));
  if (unhandled.length > 0) tellUnhandled(unhandled, options);
  const warnings = warn && warningObserver({ hello, outgoing, clock }, warn);
  const sweep = new Sweep<Member>(clock, sweepPeriodMs(limits));
  const tally = new Tally(unhandled, outgoing.messageNames);
  return {
    role,
    hello,
    helloFrame: controlFrame(outgoing, hello),
    greetingBytes: largestHelloBytes(outgoing, hello),
    pingFrame: controlFrame(outgoing, { type: "$ping" }),
    frameSizes: new FrameSizes(),
    outgoing,
    incoming,
    handlers: table,
    limits,
    order,
    clock,
    flushes: new FlushScheduler(clock),
    turns: new TurnScheduler(clock),
    sweep,
    memory: new MemoryBudget(resolveMaxBufferedBytes(options, limits), sweep.members, clock),
    loopTurns: new LoopTurns(clock),
    audience: new Audience(clock),
    buffers: new BufferPool(),
    ownsChunks: options.ownsChunks ?? false,
    tally,
    owner: options.owner ?? {},
    observers: observersAsOne(observers, options.reportFailure ?? (() => {}), warnings),
    secret: options.secret,
    hasAuth: protocol.hasAuth,
    expiries: new WeakMap(),
    peerHellos: new PeerHellos(),
    calls,
    authenticate: requireAuth(protocol, "authenticate", options.authenticate, role === "server"),
    credentials: requireAuth(protocol, "auth", options.credentials, role === "client"),
    stats: () => tally.stats(sweep.members, calls?.tally),
    timeHandlers: (tell) => {
      const times = new HandlerTimes(clock, tell);
      times.timeAll(table);
      if (calls !== undefined) calls.tally.times = times;
      return times;
    },
  };
}

/** Says which messages have no handler: by an error where all must have one, else by a warning. */
function tellUnhandled(
  names: readonly string[],
  { exhaustive = false, observers = [], warn }: EndpointOptions<never, never>,
): void {
  const missing = `handlers: expected one for each message that this end receives, got none for ${names.join(", ")}`;
  const empty = `an empty one, ${names[0]}() {}, says that this is meant`;
  if (exhaustive) throw new TypewireError("option-invalid", `${missing}; ${empty}`);
  // An observer of all messages handles each.
  const isHeard = observers.some((observer) => observer.onReceived !== undefined);
  if (!isHeard) warn?.(`${missing}. What comes of them is dropped; ${empty}`);
}

/** The option `name`, of the side that `isOfRole` says: there where the protocol has `auth`, and nowhere else. */
function requireAuth<Option>(
  { name: protocolName, hasAuth }: AnyProtocol,
  name: string,
  option: Option | undefined,
  isOfRole: boolean,
): Option | undefined {
  const isAsked = hasAuth && isOfRole;
  if (isAsked ? typeof option === "function" : option === undefined) return option;
  const why = isAsked
    ? `expected a function, since the protocol ${protocolName} has \`auth\``
    : `the protocol ${protocolName} has no \`auth\``;
  throw new TypewireError("option-invalid", `${name}: ${why}`);
}

/** The bound must hold one connection at its own limits, or no connection could use them. */
function resolveMaxBufferedBytes(
  {
    maxBufferedBytes: bytes,
    memoryLimitBytes = Infinity,
  }: Pick<EndpointOptions, "maxBufferedBytes" | "memoryLimitBytes">,
  { hardQueueBytes, maxFrameBytes }: ConnectionLimits,
): number {
  const least = hardQueueBytes + maxFrameBytes;
  if (bytes === undefined) {
    const shareBytes = Math.floor(memoryLimitBytes * BUFFERED_SHARE);
    return Math.max(Math.min(DEFAULT_MAX_BUFFERED_BYTES, shareBytes), least);
  }
  if (Number.isSafeInteger(bytes) && bytes >= least) return bytes;
  throw new TypewireError(
    "option-invalid",
    `maxBufferedBytes: expected at least hardQueueBytes and maxFrameBytes together (${least}), got ${tellOption(bytes)}`,
  );
}
