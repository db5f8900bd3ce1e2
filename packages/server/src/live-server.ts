// The machine behind a server: its connections, broadcast, drain. It accepts through a `listen` function.
// A peer's place is the `Door`'s to give; bytes, messages and closing are `LiveConnection`'s; flags, logs and
// signals are the command's.

import type { BackplaneLine } from "@typewire/backplane";
import {
  checkOption,
  checkOptions,
  checkOptionValues,
  type CloseReason,
  createEndpoint,
  type Endpoint,
  FORWARDED,
  type HandlersOf,
  type HandlerTimes,
  observersOf,
  requireOptions,
  systemClock,
  type Tellers,
  tellersOf,
} from "@typewire/connection";
import type { AnyProtocol, MessageOf } from "@typewire/protocol";
import { beginAt } from "@typewire/protocol/internal";

import { admission } from "./admission.ts";
import { callCodesOf, figuresOf } from "./figures.ts";
import { Door } from "./door.ts";
import { FanOut } from "./fan-out.ts";
import { sayGoodbyes } from "./goodbyes.ts";
import { LiveMemberConnection } from "./member-connection.ts";
import { dividePlaces } from "./places.ts";
import {
  type Drained,
  type DrainOptions,
  drainOptions,
  type ServerConnection,
  type ServerHandlers,
  type ServerObserver,
  type ServerOptions,
  serverOptions,
  type ServerStats,
} from "./server-options.ts";
import type { Accepted, Listening, ServerCertificates, ServerHost } from "./server-host.ts";
import {
  type BroadcastOptions,
  broadcastOptions,
  type ConnectionCount,
  type PublishOptions,
  publishOptions,
  type Server,
  type Subscribers,
} from "./server.ts";
import { joinBackplane } from "./join-backplane.ts";
import { Topics } from "./topics.ts";
import { aWatcher, type ServerWatch, type ServerWatcher } from "./watch.ts";

type LiveServerConnection<P extends AnyProtocol> = LiveMemberConnection<
  MessageOf<P, "server">,
  MessageOf<P, "client">
>;

/** Of a broadcast or publication without any: they need no check, which is a tenth of what a publication costs. */
const noOptions = {} as const;

/** The server of protocol `P`. */
export class LiveServer<
  P extends AnyProtocol,
  Port extends number | undefined = number | undefined,
  Context = undefined,
> implements Server<MessageOf<P, "server">, Port, Context> {
  readonly maxConnections: number;
  readonly #endpoint: Endpoint<MessageOf<P, "server">, MessageOf<P, "client">>;
  readonly #tellers: Tellers<
    Required<
      Pick<ServerObserver<P, unknown>, "onNotOpened" | "onTurnedAway" | "onGap" | "onBackplane">
    >
  >;
  readonly #door: Door<LiveServerConnection<P>>;
  readonly #connections = new Set<LiveServerConnection<P>>();
  readonly #topics: Topics<LiveServerConnection<P>>;
  readonly #fanOut: FanOut<MessageOf<P, "server">>;
  readonly #listening: Listening;
  readonly #certificates: ServerCertificates | undefined;
  /** Undefined where this server is alone. */
  readonly #backplane: BackplaneLine | undefined;
  readonly #protocol: AnyProtocol;
  readonly #watchers: ServerWatcher[] = [];
  /** Made for the first watcher. */
  #times: HandlerTimes | undefined;
  #isListening = true;

  /** Use a host's `serve`. Listens before it returns; throws what `host.listen` and `createEndpoint` throw. */
  constructor(
    protocol: P,
    options: ServerOptions<P, Context>,
    handlers: ServerHandlers<P, Context> | undefined,
    host: ServerHost,
  ) {
    this.#protocol = protocol;
    this.#certificates = host.certificates;
    checkOptionValues(options, serverOptions);
    const places = dividePlaces(host.sockets ?? Infinity, options.maxConnections);
    this.maxConnections = places.connections;
    const observers = observersOf<ServerObserver<P, Context>>(options);
    // Every connection of this endpoint is made by `#connection`, so it has what its handlers may ask for.
    const plainHandlers = handlers as HandlersOf<P, "server"> | undefined;
    this.#endpoint = createEndpoint(protocol, "server", plainHandlers, {
      limits: requireOptions(options.limits),
      ...(options.maxBufferedBytes !== undefined && { maxBufferedBytes: options.maxBufferedBytes }),
      order: options.order,
      exhaustive: options.exhaustive,
      clock: options.clock ?? systemClock,
      ownsChunks: true,
      ...(host.memoryLimitBytes !== undefined && { memoryLimitBytes: host.memoryLimitBytes }),
      ...(host.secret && { secret: host.secret }),
      use: options.use,
      authenticate: admission(protocol, options),
      owner: {
        opened: (connection) => {
          this.#opened(connection as LiveServerConnection<P>, options);
        },
        proven: (connection) => this.#door.proven(connection as LiveServerConnection<P>),
        judging: (connection) => this.#door.judging(connection as LiveServerConnection<P>),
        ending: (connection) => this.#topics.leave(connection as LiveServerConnection<P>),
        closed: (connection, reason) => {
          this.#closed(connection as LiveServerConnection<P>, reason);
        },
      },
      observers,
      reportFailure: host.handlerFailed,
      warn: host.warn,
    });
    this.#tellers = tellersOf(
      observers,
      ["onNotOpened", "onTurnedAway", "onGap", "onBackplane"],
      (name, error, [of]) => {
        if (of instanceof LiveMemberConnection) {
          this.#endpoint.observers.onHandlerError(of as LiveServerConnection<P>, name, error);
        } else {
          host.handlerFailed({ name: typeof of === "string" ? of : "backplane" }, name, error);
        }
      },
    );
    this.#fanOut = new FanOut(this.#endpoint);
    this.#door = new Door({
      clock: this.#endpoint.clock,
      lingerMs: this.#endpoint.limits.lingerMs,
      codec: protocol.server,
      places,
      mostPerAddress: options.maxConnectionsPerAddress,
      connections: this.#connections,
      onTurnedAway: (name, by) => {
        for (const watcher of this.#watchers) watcher.turnedAway(name, by);
        this.#tellers.onTurnedAway?.(name, by);
      },
    });
    this.#topics = new Topics(
      ({ state }) => state === "open",
      options.backplane && ((topic, members) => this.#backplane?.members(topic, members)),
    );
    this.#listening = host.listen((accepted) =>
      this.#door.admit(accepted, () => this.#connection(accepted)),
    );
    // Only a server that listens is one of them.
    this.#backplane =
      options.backplane &&
      joinBackplane(options.backplane, {
        protocol,
        clock: this.#endpoint.clock,
        connections: this.#connections,
        membersOf: (topic) => this.#topics.membersOf(topic),
        fanOut: this.#fanOut,
        tellers: this.#tellers,
        watchers: this.#watchers,
        warn: host.warn,
      });
    // Told from the beginning, as the names of the protocol are.
    if (this.#backplane !== undefined) this.#endpoint.tally.sent.add(FORWARDED, 0);
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

  get connections(): ReadonlySet<ServerConnection<P, Context>> {
    // What is held as their context is what `authenticate` or `context` returned.
    return this.#connections as ReadonlySet<ServerConnection<P>> as ReadonlySet<
      ServerConnection<P, Context>
    >;
  }

  stats(): ServerStats {
    const { opened: accepted, ...stats } = this.#endpoint.stats();
    return {
      ...stats,
      accepted,
      turnedAway: Object.values(this.#door.turnedAway).reduce((sum, count) => sum + count, 0),
      messagesDropped: this.#fanOut.dropped,
      ...(this.#backplane && { backplane: this.#backplane.stats() }),
    };
  }

  broadcast(
    message: MessageOf<P, "server">,
    options: BroadcastOptions<ServerConnection<P>> = noOptions,
  ): number {
    try {
      if (options !== noOptions) checkOptions(options, broadcastOptions);
      return this.#deliver(undefined, message, options);
    } catch (error) {
      // As `Connection.send` does.
      beginAt(error, new Error());
      throw error;
    }
  }

  publish(
    topic: string,
    message: MessageOf<P, "server">,
    options: PublishOptions<ServerConnection<P>> = noOptions,
  ): number {
    try {
      if (options !== noOptions) checkOptions(options, publishOptions);
      return this.#deliver(topic, message, options);
    } catch (error) {
      beginAt(error, new Error());
      throw error;
    }
  }

  /** To all connections where there is no topic, and to those of the other servers. */
  #deliver(
    topic: string | undefined,
    message: MessageOf<P, "server">,
    options: PublishOptions<ServerConnection<P>>,
  ): number {
    const members = topic === undefined ? this.#connections : this.#topics.membersOf(topic);
    const frame = this.#fanOut.encode(message);
    this.#backplane?.publish(topic, frame, options.whenSlow === "drop");
    return this.#fanOut.send(members, frame, message, options);
  }

  subscribers(topic: string): Subscribers {
    const members = this.#topics.membersOf(topic).size;
    const others = this.#backplane?.othersOf(topic);
    if (others === undefined) return { members, servers: 1 };
    return { members: members + others.members, servers: 1 + others.servers };
  }

  countConnections(): ConnectionCount {
    const connections = this.#connections.size;
    const others = this.#backplane?.others();
    if (others === undefined) return { connections, servers: 1 };
    return { connections: connections + others.connections, servers: 1 + others.servers };
  }

  watch(watcher: ServerWatcher): ServerWatch {
    checkOption("watcher", watcher, aWatcher);
    this.#watchers.push(watcher);
    this.#times ??= this.#endpoint.timeHandlers((name, elapsedMs) => {
      for (const each of this.#watchers) each.handled(name, elapsedMs);
    });
    const times = this.#times;
    const { name, version, fingerprint, calls } = this.#protocol;
    return {
      protocol: { name, version, fingerprint, callCodes: callCodesOf(calls) },
      timeNext: () => times.sampleNext(),
      figures: () =>
        figuresOf({
          endpoint: this.#endpoint,
          connections: this.#connections,
          turnedAwayBy: this.#door.turnedAway,
          topics: this.#topics.size,
        }),
    };
  }

  async drain(options: DrainOptions = {}): Promise<Drained> {
    checkOptions(options, drainOptions);
    const { timeoutMs = 10_000, reason = "The server is shutting down", spreadMs = 0 } = options;
    const { clock } = this.#endpoint;
    this.#stopListening();
    this.#backplane?.leave();
    const { messagesUndelivered: before } = this.#endpoint.stats();
    const closed = [...this.#connections].map((connection) => connection.closed);
    const cancelGoodbyes = sayGoodbyes({
      connections: this.#connections,
      spreadMs,
      clock,
      random: Math.random,
      say(connection) {
        // Goodbyes that a busy loop has said in one instant are told apart by it.
        const byChance = spreadMs === 0 ? undefined : Math.floor((Math.random() * spreadMs) / 10);
        const retryAfterMs = options.retryAfterMs ?? byChance;
        const bye = {
          reason,
          afterHandlers: true,
          ...(retryAfterMs !== undefined && { retryAfterMs }),
        };
        void connection.closeWithin(bye, timeoutMs / 2);
      },
    });
    let cut = 0;
    const cancelCut = clock.after(spreadMs + timeoutMs, () => {
      cut = this.#connections.size;
      this.#destroyAll();
    });
    await Promise.all(closed);
    cancelGoodbyes();
    cancelCut();
    await this.#backplane?.close();
    return { cut, messagesUndelivered: this.#endpoint.stats().messagesUndelivered - before };
  }

  stop(): void {
    this.#stopListening();
    this.#destroyAll();
    this.#backplane?.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
  }

  /** A connection of an accepted socket. */
  #connection(accepted: Accepted): LiveServerConnection<P> {
    const connection = new LiveMemberConnection(this.#endpoint, accepted, this.#topics);
    this.#connections.add(connection);
    return connection;
  }

  #opened(connection: LiveServerConnection<P>, options: ServerOptions<P, Context>): void {
    this.#topics.enter(connection);
    try {
      if (options.context !== undefined) connection.hold(options.context(connection));
    } catch (error) {
      connection.handlerFailed("context", error);
    }
    for (const watcher of this.#watchers) watcher.opened(connection);
  }

  #closed(connection: LiveServerConnection<P>, reason: CloseReason): void {
    this.#connections.delete(connection);
    this.#door.closed(connection);
    for (const watcher of this.#watchers) watcher.closed(connection, reason);
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
