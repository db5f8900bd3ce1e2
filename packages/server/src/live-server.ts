// The machine behind a server: its connections, broadcast, drain. It accepts through a `listen` function
// and leaves bytes, messages and closing to `LiveConnection`; flags, logs and signals are the command's.

import {
  type CloseReason,
  createEndpoint,
  type Endpoint,
  isSlow,
  LiveConnection,
  observersOf,
  refuseUnknownOptions,
  requireDuration,
  requireOptions,
  requireRetryAfter,
  type SocketUser,
  systemClock,
  type Tellers,
  tellersOf,
  tellOption,
} from "@typewire/connection";
import { type AnyProtocol, type MessageOf, TypewireError } from "@typewire/protocol";

import { AddressCount } from "./address-count.ts";
import { Lobby } from "./lobby.ts";
import { dividePlaces } from "./places.ts";
import { refusalFrame, Refuser } from "./refusal.ts";
import type {
  ConnectionCap,
  Drained,
  DrainOptions,
  ServerConnection,
  ServerHandlers,
  ServerObserver,
  ServerOptions,
  ServerStats,
  TurnedAwayBy,
} from "./server-options.ts";
import type { Accepted, Listening, ServerCertificates, ServerHost } from "./server-host.ts";
import type { BroadcastOptions, Server } from "./server.ts";

const noLimits = { maxItems: Number.POSITIVE_INFINITY, maxNesting: Number.POSITIVE_INFINITY };

const drainOptions: readonly (keyof DrainOptions)[] = ["timeoutMs", "reason", "retryAfterMs"];

type LiveServerConnection<P extends AnyProtocol> = LiveConnection<
  MessageOf<P, "server">,
  MessageOf<P, "client">
>;

/** The server of protocol `P`. */
export class LiveServer<
  P extends AnyProtocol,
  Port extends number | undefined = number | undefined,
> implements Server<MessageOf<P, "server">, Port> {
  readonly maxConnections: number;
  readonly #endpoint: Endpoint<MessageOf<P, "server">, MessageOf<P, "client">>;
  readonly #tellers: Tellers<Required<Pick<ServerObserver<P>, "onNotOpened" | "onTurnedAway">>>;
  readonly #refuser: Refuser;
  readonly #refusalFrames: Readonly<Record<ConnectionCap, Uint8Array>>;
  /** Only where there is a limit for each address; so are the addresses of connections. */
  readonly #perAddress: AddressCount | undefined;
  readonly #addresses = new WeakMap<ServerConnection<P>, string>();
  #turnedAway = 0;
  readonly #connections = new Set<LiveServerConnection<P>>();
  readonly #lobby: Lobby<LiveServerConnection<P>>;
  /** What ends the sockets of those in the lobby: a TLS handshake is not the connection's yet. */
  readonly #cuts = new WeakMap<LiveServerConnection<P>, () => void>();
  readonly #listening: Listening;
  readonly #certificates: ServerCertificates | undefined;
  #isListening = true;

  /** Use a host's `serve`. Listens before it returns; throws what `host.listen` and `createEndpoint` throw. */
  constructor(
    protocol: P,
    options: ServerOptions<P>,
    handlers: ServerHandlers<P> | undefined,
    host: ServerHost,
  ) {
    this.#certificates = host.certificates;
    const { connections, unproven, refusals, spare } = dividePlaces(
      host.sockets ?? Infinity,
      positiveInteger("maxConnections", options.maxConnections),
    );
    this.maxConnections = connections;
    const perAddress = positiveInteger(
      "maxConnectionsPerAddress",
      options.maxConnectionsPerAddress,
    );
    this.#perAddress = perAddress === undefined ? undefined : new AddressCount(perAddress);
    const observers = observersOf<ServerObserver<P>>(options);
    this.#endpoint = createEndpoint(protocol, "server", handlers, {
      limits: requireOptions(options.limits),
      ...(options.maxBufferedBytes !== undefined && { maxBufferedBytes: options.maxBufferedBytes }),
      order: options.order,
      clock: options.clock ?? systemClock,
      ownsChunks: true,
      ...(host.memoryLimitBytes !== undefined && { memoryLimitBytes: host.memoryLimitBytes }),
      ...(host.secret && { secret: host.secret }),
      owner: {
        // Every connection of this endpoint was made by `#accept`.
        proven: (connection) => this.#proven(connection as LiveServerConnection<P>),
        closed: (connection, reason) => {
          this.#closed(connection as LiveServerConnection<P>, reason);
        },
      },
      observers,
      reportFailure: host.handlerFailed,
    });
    this.#tellers = tellersOf(observers, ["onNotOpened", "onTurnedAway"], (name, error, [of]) => {
      if (typeof of === "string") host.handlerFailed({ name: of }, name, error);
      else this.#endpoint.observers.onHandlerError(of as ServerConnection<P>, name, error);
    });
    this.#refuser = new Refuser({
      clock: this.#endpoint.clock,
      lingerMs: this.#endpoint.limits.lingerMs,
      mostHeld: refusals,
    });
    this.#lobby = new Lobby({
      clock: this.#endpoint.clock,
      excess: () =>
        Math.max(this.#lobby.size - unproven, this.#connections.size - this.maxConnections),
      spare: () => spare + refusals - this.#refuser.held,
      cut: (connection) => this.#cutStranger(connection),
    });
    this.#refusalFrames = {
      maxConnections: refusalFrame(protocol.server, fullOf(this.maxConnections)),
      maxConnectionsPerAddress: refusalFrame(
        protocol.server,
        fullOf(perAddress ?? 0, " from one address"),
      ),
    };
    this.#listening = host.listen((accepted) => this.#accept(accepted));
  }

  get port(): Port {
    // The host's `serve` has made `Port` of the options that it listens by.
    return this.#listening.port as Port;
  }

  get hostname(): Port extends number ? string : undefined {
    return this.#listening.hostname as Port extends number ? string : undefined;
  }

  get address(): string {
    return this.#listening.address;
  }

  get isListening(): boolean {
    return this.#isListening;
  }

  get tlsWarnings(): readonly string[] {
    return this.#certificates?.warnings ?? [];
  }

  async reloadCertificates(): Promise<void> {
    await this.#certificates?.reload();
  }

  get connections(): ReadonlySet<ServerConnection<P>> {
    return this.#connections;
  }

  stats(): ServerStats {
    const { opened: accepted, ...stats } = this.#endpoint.stats();
    return { ...stats, accepted, turnedAway: this.#turnedAway };
  }

  broadcast(
    message: MessageOf<P, "server">,
    { except, from = this.#endpoint.audience.speaker }: BroadcastOptions<ServerConnection<P>> = {},
  ): number {
    // Each recipient's own limits are looked at when the frame is sent to it.
    const frame = this.#endpoint.outgoing.encodeFrame(message, noLimits);
    let recipients = 0;
    let slow = 0;
    for (const connection of this.#connections) {
      if (connection === except || connection.state !== "open") continue;
      try {
        connection.sendFrame(frame, message);
        recipients += 1;
        if (connection.isSlow) slow += 1;
      } catch (error) {
        if (!concernsOnePeer(error)) throw error;
        connection.leaveOut(frame, error);
      }
    }
    if (isSlow(slow, recipients) && from instanceof LiveConnection)
      from.restForAudience(recipients);
    return recipients;
  }

  async drain(options: DrainOptions = {}): Promise<Drained> {
    refuseUnknownOptions(options, drainOptions);
    const { timeoutMs = 10_000, reason = "The server is shutting down", retryAfterMs } = options;
    requireDuration("timeoutMs", timeoutMs, 0);
    const bye = {
      reason,
      afterHandlers: true,
      ...(retryAfterMs !== undefined && { retryAfterMs: requireRetryAfter(retryAfterMs) }),
    };
    this.#stopListening();
    const { messagesUndelivered: before } = this.#endpoint.stats();
    const closed = [...this.#connections].map((connection) => connection.close(bye));
    let cut = 0;
    const cancel = this.#endpoint.clock.after(timeoutMs, () => {
      cut = this.#connections.size;
      this.#destroyAll();
    });
    await Promise.all(closed);
    cancel();
    return { cut, messagesUndelivered: this.#endpoint.stats().messagesUndelivered - before };
  }

  stop(): void {
    this.#stopListening();
    this.#destroyAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
  }

  #accept(accepted: Accepted): SocketUser | undefined {
    const { name, ipAddress, isBeyondLimit } = accepted;
    if (isBeyondLimit) {
      this.#countTurnedAway(name, "descriptors");
      return undefined;
    }
    if (this.#connections.size - this.#lobby.size >= this.maxConnections) {
      return this.#turnAway(accepted, "maxConnections");
    }
    const counted = this.#perAddress === undefined ? undefined : ipAddress;
    if (counted !== undefined && this.#perAddress?.add(counted) === false) {
      return this.#turnAway(accepted, "maxConnectionsPerAddress");
    }
    const connection: LiveServerConnection<P> = new LiveConnection(this.#endpoint, name);
    this.#connections.add(connection);
    if (counted !== undefined) this.#addresses.set(connection, counted);
    this.#cuts.set(connection, () => accepted.cut());
    this.#lobby.enter(connection);
    return connection;
  }

  /** The peer belongs here. While it was in the lobby, others may have taken the last place. */
  #proven(connection: LiveServerConnection<P>): void {
    const wasStranger = this.#lobby.leave(connection);
    if (!wasStranger || this.#connections.size - this.#lobby.size <= this.maxConnections) return;
    connection.turnAway(fullOf(this.maxConnections));
  }

  #closed(connection: LiveServerConnection<P>, reason: CloseReason): void {
    this.#connections.delete(connection);
    this.#lobby.leave(connection);
    const address = this.#addresses.get(connection);
    if (address !== undefined) this.#perAddress?.remove(address);
    if (!connection.wasOpen) this.#tellers.onNotOpened?.(connection, reason);
  }

  #cutStranger(connection: LiveServerConnection<P>): void {
    const message =
      "Newer connections needed the place of this one, whose peer had not shown yet that it belongs";
    connection.destroy("too-many-connections", message);
    this.#cuts.get(connection)?.();
  }

  #turnAway(accepted: Accepted, cap: ConnectionCap): SocketUser {
    this.#countTurnedAway(accepted.name, cap);
    const user = this.#refuser.refuse(this.#refusalFrames[cap], () => accepted.cut());
    this.#lobby.settle();
    return user;
  }

  #countTurnedAway(name: string, by: TurnedAwayBy): void {
    this.#turnedAway += 1;
    this.#tellers.onTurnedAway?.(name, by);
  }

  #stopListening(): void {
    this.#isListening = false;
    this.#listening.stop();
  }

  #destroyAll(): void {
    for (const connection of this.#connections) connection.destroy("shutting-down");
  }
}

function fullOf(count: number, from = ""): string {
  return `The server is full: its limit of connections${from} is ${count}`;
}

/** Whether a connection is left out because of `error`: the others can have the message all the same. */
function concernsOnePeer(error: unknown): error is TypewireError {
  if (!(error instanceof TypewireError)) return false;
  return ["frame-too-large", "cbor-limit"].includes(error.code);
}

function positiveInteger(name: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) return value;
  throw new TypewireError(
    "option-invalid",
    `${name}: expected a positive integer, got ${tellOption(value)}`,
  );
}
