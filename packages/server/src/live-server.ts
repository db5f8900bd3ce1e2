// The machine behind a server: its connections, broadcast, drain. It accepts through a `listen` function.
// A peer's place is the `Door`'s to give; bytes, messages and closing are `LiveConnection`'s; flags, logs and
// signals are the command's.

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
  systemClock,
  type Tellers,
  tellersOf,
  tellOption,
} from "@typewire/connection";
import { type AnyProtocol, type MessageOf, TypewireError } from "@typewire/protocol";

import { Door } from "./door.ts";
import { dividePlaces } from "./places.ts";
import type {
  Drained,
  DrainOptions,
  ServerConnection,
  ServerHandlers,
  ServerObserver,
  ServerOptions,
  ServerStats,
} from "./server-options.ts";
import type { Listening, ServerCertificates, ServerHost } from "./server-host.ts";
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
  readonly #door: Door<LiveServerConnection<P>>;
  readonly #connections = new Set<LiveServerConnection<P>>();
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
    const places = dividePlaces(
      host.sockets ?? Infinity,
      positiveInteger("maxConnections", options.maxConnections),
    );
    this.maxConnections = places.connections;
    const mostPerAddress = positiveInteger(
      "maxConnectionsPerAddress",
      options.maxConnectionsPerAddress,
    );
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
        // Every connection of this endpoint was made by `#connection`.
        proven: (connection) => this.#door.proven(connection as LiveServerConnection<P>),
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
    this.#door = new Door({
      clock: this.#endpoint.clock,
      lingerMs: this.#endpoint.limits.lingerMs,
      codec: protocol.server,
      places,
      mostPerAddress,
      connections: this.#connections,
      onTurnedAway: (name, by) => this.#tellers.onTurnedAway?.(name, by),
    });
    this.#listening = host.listen((accepted) =>
      this.#door.admit(accepted, () => this.#connection(accepted.name)),
    );
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
    return { ...stats, accepted, turnedAway: this.#door.turnedAway };
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

  /** A connection of an accepted socket. */
  #connection(name: string): LiveServerConnection<P> {
    const connection: LiveServerConnection<P> = new LiveConnection(this.#endpoint, name);
    this.#connections.add(connection);
    return connection;
  }

  #closed(connection: LiveServerConnection<P>, reason: CloseReason): void {
    this.#connections.delete(connection);
    this.#door.closed(connection);
    if (!connection.wasOpen) this.#tellers.onNotOpened?.(connection, reason);
  }

  #stopListening(): void {
    this.#isListening = false;
    this.#listening.stop();
  }

  #destroyAll(): void {
    for (const connection of this.#connections) connection.destroy("shutting-down");
  }
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
