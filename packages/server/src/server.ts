// A server of one protocol: who is connected, broadcast, drain. It accepts through a `listen` function
// and leaves bytes, messages and closing to `LiveConnection`; flags, logs and signals are the command's.

import {
  createEndpoint,
  type Endpoint,
  LiveConnection,
  refuseUnknownOptions,
  requireDuration,
  requireOptions,
  requireRetryAfter,
  type SocketUser,
  systemClock,
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
  ServerOptions,
  ServerStats,
  TurnedAwayBy,
} from "./server-options.ts";
import type { Accepted, Listening, ServerCertificates, ServerHost } from "./server-host.ts";

const drainOptions: readonly (keyof DrainOptions)[] = ["timeoutMs", "reason", "retryAfterMs"];

type LiveServerConnection<P extends AnyProtocol> = LiveConnection<
  MessageOf<P, "server">,
  MessageOf<P, "client">
>;

/** `Port` is `number` where it listens on one, and undefined where it listens on a Unix socket. */
export class Server<P extends AnyProtocol, Port extends number | undefined = number | undefined> {
  readonly maxConnections: number;
  readonly #endpoint: Endpoint<MessageOf<P, "server">, MessageOf<P, "client">>;
  readonly #observe: ServerOptions<P>["observe"];
  readonly #onTurnedAway: ServerOptions<P>["onTurnedAway"];
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
    handlers: ServerHandlers<P>,
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
    this.#observe = options.observe;
    this.#onTurnedAway = options.onTurnedAway;
    this.#endpoint = createEndpoint(protocol, "server", handlers, {
      limits: requireOptions(options.limits),
      ...(options.maxBufferedBytes !== undefined && { maxBufferedBytes: options.maxBufferedBytes }),
      clock: options.clock ?? systemClock,
      ownsChunks: true,
      ...(host.memoryLimitBytes !== undefined && { memoryLimitBytes: host.memoryLimitBytes }),
      ...(host.secret && { secret: host.secret }),
      hooks: {
        // Every connection of this endpoint was made by `#accept`.
        proven: (connection) => this.#proven(connection as LiveServerConnection<P>),
        closed: (connection, reason) => {
          this.#connections.delete(connection as LiveServerConnection<P>);
          this.#lobby.leave(connection as LiveServerConnection<P>);
          const address = this.#addresses.get(connection);
          if (address !== undefined) this.#perAddress?.remove(address);
          if (!connection.wasOpen) options.onNotOpened?.(connection.name, reason);
        },
        // Absent where nobody asks: reading the queue back takes time.
        ...(options.onUndelivered !== undefined && { undelivered: options.onUndelivered }),
        handlerFailed: options.onHandlerError ?? host.handlerFailed,
      },
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

  /** The port bound; undefined for a Unix socket. */
  get port(): Port {
    // The host's `serve` has made `Port` of the options that it listens by.
    return this.#listening.port as Port;
  }

  /** The host bound, as it was given; undefined for a Unix socket. */
  get hostname(): Port extends number ? string : undefined {
    return this.#listening.hostname as Port extends number ? string : undefined;
  }

  /** The address bound, for people: `127.0.0.1:8080`, `unix:/run/x.sock`. */
  get address(): string {
    return this.#listening.address;
  }

  /** False once `drain` or `stop` has been called. */
  get isListening(): boolean {
    return this.#isListening;
  }

  /** What works but should not stay, of the certificate and key: sentences for a log. */
  get tlsWarnings(): readonly string[] {
    return this.#certificates?.warnings ?? [];
  }

  /**
   * Reads the files of `tls` again and tries a handshake with them in memory: connections that come afterwards
   * meet the new certificate, those that are open go on. Does nothing without `tls`.
   *
   * @throws TypewireError (as a rejection) `option-invalid` naming the file that cannot be used; the old ones
   * stay in use.
   */
  async reloadCertificates(): Promise<void> {
    await this.#certificates?.reload();
  }

  /** Every connection that has not ended. */
  get connections(): ReadonlySet<ServerConnection<P>> {
    return this.#connections;
  }

  /** What it has done so far, in numbers. Adds up what is alive: for a log or a probe, not for each message. */
  stats(): ServerStats {
    const { opened: accepted, ...stats } = this.#endpoint.stats();
    return { ...stats, accepted, turnedAway: this.#turnedAway };
  }

  /**
   * Sends one message to every open connection, encoded once. Returns how many have it in their queue:
   * left out are clients whose frame limit is below the message's size, and connections that have ended.
   *
   * @throws TypewireError `schema-mismatch` where it is not a message of the server's; nobody gets it then.
   */
  broadcast(
    message: MessageOf<P, "server">,
    { except }: { readonly except?: ServerConnection<P> } = {},
  ): number {
    const frame = this.#endpoint.outgoing.encodeFrame(message);
    let recipients = 0;
    for (const connection of this.#connections) {
      if (connection === except || connection.state !== "open") continue;
      try {
        connection.sendFrame(frame, message);
        recipients += 1;
      } catch (error) {
        if (!concernsOnePeer(error)) throw error;
      }
    }
    return recipients;
  }

  /**
   * Ends in order: accepts no more, lets handlers under way answer, says `$bye` to every client, lets
   * queues empty, and cuts who is still there after `timeoutMs`. Resolves when no connection is left.
   *
   * @throws TypewireError (as a rejection) `option-invalid` where an option is not known or a time is no
   * duration; nothing has ended then.
   */
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

  /** Ends at once: accepts no more and resets every connection. */
  stop(): void {
    this.#stopListening();
    this.#destroyAll();
  }

  /** For `await using`: drains, with the defaults of `drain`. */
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
    const connection: LiveServerConnection<P> = new LiveConnection(this.#endpoint, {
      name,
      observer: this.#observe?.(name),
    });
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
    const message = fullOf(this.maxConnections);
    connection.closeWith(
      { code: "too-many-connections", message, origin: "local" },
      { type: "$error", code: "too-many-connections", message },
    );
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

  #countTurnedAway(name: string, cap: TurnedAwayBy): void {
    this.#turnedAway += 1;
    this.#onTurnedAway?.(name, cap);
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
function concernsOnePeer(error: unknown): boolean {
  if (!(error instanceof TypewireError)) return false;
  return error.code === "frame-too-large" || error.code === "connection-closed";
}

function positiveInteger(name: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) return value;
  throw new TypewireError("option-invalid", `${name}: expected a positive integer, got ${value}`);
}
