// The machine behind a client: dials, sends, and comes back when the connection is lost. Bytes, messages and
// closing are `LiveConnection`'s; flags, logs and signals are the command's.

import {
  type AbortSignalLike,
  aText,
  buildCallFaces,
  type Cancel,
  checkOptions,
  type CloseOptions,
  type CloseReason,
  createEndpoint,
  type Endpoint,
  formatAddress,
  LiveConnection,
  observersOf,
  requireOptions,
  systemClock,
  type Tellers,
  tellersOf,
  waitFor,
  type WaitOptions,
} from "@typewire/connection";
import {
  type AnyProtocol,
  type ClientCalls,
  type ClientTries,
  type GapTold,
  type MessageOf,
  TypewireError,
} from "@typewire/protocol";
import { beginAt } from "@typewire/protocol/internal";

import { Backoff } from "./backoff.ts";
import type { ClientHost } from "./client-host.ts";
import type { ClientOf } from "./client.ts";
import type {
  ClientConnection,
  ClientHandlers,
  ClientObserver,
  ClientOptions,
  ClientState,
  ClientStats,
  ToldGap,
} from "./client-options.ts";
import { type ClientSettings, requireSettings } from "./client-settings.ts";
import { Servers, type SocketAddresses } from "./servers.ts";
import { UnsentMessages } from "./unsent-messages.ts";

const closeOptions = { reason: aText };

/** The client of protocol `P`. */
export class LiveClient<P extends AnyProtocol> implements ClientOf<P> {
  readonly call: ClientCalls<P>;
  readonly try: ClientTries<P>;
  readonly #servers: Servers;
  readonly #endpoint: Endpoint<MessageOf<P, "client">, MessageOf<P, "server">>;
  readonly #settings: ClientSettings;
  readonly #host: ClientHost;
  readonly #signal: AbortSignalLike | undefined;
  readonly #backoff: Backoff;
  readonly #unsent: UnsentMessages<MessageOf<P, "client">, ClientConnection<P>>;
  readonly #tellers: Tellers<Required<Pick<ClientObserver<P>, "onStatus" | "onGap">>>;
  readonly #started = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<CloseReason>();

  #state: ClientState = "connecting";
  /** The live connection, or the attempt at one. */
  #connection: ClientConnection<P> | undefined;
  /** The same, or the last one while there is none. */
  #last: ClientConnection<P> | undefined;
  #connectedAtMs = 0;
  /** Takes back the timer that runs: for an answer, or for the next attempt. */
  #cancelTimer: Cancel = () => {};
  /** For calls of `ready` while there is no connection. */
  #change = Promise.withResolvers<void>();
  /** Whether it has been connected. */
  #hasStarted = false;
  #isClosing = false;
  /** Until the first connection is there. */
  #site: Error | undefined;
  #isPaused = false;

  /** Use a host's `connect`. Throws what `createEndpoint` throws. */
  constructor(
    protocol: P,
    targets: SocketAddresses,
    options: ClientOptions<P>,
    handlers: ClientHandlers<P> | undefined,
    host: ClientHost,
  ) {
    this.#host = host;
    const settings = requireSettings(options);
    this.#settings = settings;
    this.#servers = new Servers(targets, settings.random);
    this.#signal = options.signal;
    this.#backoff = new Backoff(settings.reconnect || {}, settings.random);
    const observers = observersOf<ClientObserver<P>>(options);
    this.#endpoint = createEndpoint(protocol, "client", handlers, {
      limits: requireOptions(options.limits),
      order: options.order,
      exhaustive: options.exhaustive,
      clock: options.clock ?? systemClock,
      ownsChunks: true,
      ...(host.secret && { secret: host.secret }),
      comesBack: settings.reconnect !== false || settings.firstAttempt === "repeat",
      credentials: options.auth && (() => options.auth?.()),
      owner: {
        opened: (connection) => this.#opened(connection),
        closed: (_connection, reason) => this.#lost(reason),
        ...(settings.resend && {
          undelivered: (connection, messages, why) => {
            this.#unsent.keep(connection, messages, why);
          },
        }),
        ...(observers.some((observer) => observer.onGap !== undefined) && {
          gap: (_connection: unknown, gap: GapTold) => this.#tellers.onGap?.(toldGap(gap)),
        }),
      },
      observers,
      reportFailure: host.handlerFailed,
      warn: host.warn,
    });
    const faces = buildCallFaces(protocol.calls, this.#endpoint.calls?.outgoing);
    // One function for each call of the protocol, by the shapes that its types were inferred with.
    this.call = faces.call as ClientCalls<P>;
    this.try = faces.try as ClientTries<P>;
    this.#unsent = new UnsentMessages(
      this.#endpoint.outgoing,
      this.#endpoint.clock,
      this.#endpoint.observers.onUndelivered,
    );
    this.#tellers = tellersOf(observers, ["onStatus", "onGap"], (name, error) => {
      // Every change of state is one of a connection.
      if (this.#last) this.#endpoint.observers.onHandlerError(this.#last, name, error);
    });
  }

  get state(): ClientState {
    return this.#state;
  }

  get connection(): ClientConnection<P> | undefined {
    return this.#state === "connected" ? this.#connection : undefined;
  }

  get closed(): Promise<CloseReason> {
    return this.#closed.promise;
  }

  /**
   * Use a host's `connect`. Dials; resolves once connected, rejects with the reason why not. `site` is made by
   * `new Error()` in the function that the program has called: the stack of the error begins there.
   */
  async start(site?: Error): Promise<void> {
    this.#site = site;
    const signal = this.#signal;
    if (signal === undefined) {
      this.#attempt();
      return this.#started.promise;
    }
    const { clock } = this.#endpoint;
    const waiting = waitFor(this.#started.promise, "a connection", { signal }, clock);
    if (!signal.aborted) this.#attempt();
    try {
      await waiting;
    } catch (error) {
      void this.close();
      throw error;
    }
  }

  send(message: MessageOf<P, "client">): boolean {
    const { connection } = this;
    if (connection?.state === "open") return connection.send(message);
    try {
      return this.#sendAway(message);
    } catch (error) {
      // As `Connection.send` does.
      beginAt(error, new Error());
      throw error;
    }
  }

  /** Sends while there is no connection. */
  #sendAway(message: MessageOf<P, "client">): boolean {
    const last = this.#last;
    // Only before `start` is there neither a connection nor a last one.
    if (last === undefined) return false;
    if (this.#comesBack && this.#settings.whileReconnecting === "queue") {
      return this.#unsent.wait(last, message);
    }
    this.#unsent.refuse(last, message, this.#unconnected("send"));
    return false;
  }

  /** Whether there will be another connection, or attempt at one. */
  get #comesBack(): boolean {
    if (this.#state === "closed" || this.#isClosing) return false;
    const reason = this.connection?.closeReason;
    return reason === undefined || this.#mayComeBack(reason);
  }

  #mayComeBack(reason: CloseReason): boolean {
    const { reconnect, firstAttempt } = this.#settings;
    if (this.#servers.isFinal(reason)) return false;
    if (this.#hasStarted) return reconnect !== false;
    return firstAttempt === "repeat" || this.#servers.hasUntried;
  }

  ready(options?: WaitOptions): Promise<void> {
    const waiting = { isOver: false };
    const room = this.#waitForRoom(waiting);
    room.catch(() => {});
    if (options === undefined) return room;
    const settled = waitFor(room, "room", options, this.#endpoint.clock);
    const stop = (): void => {
      waiting.isOver = true;
    };
    settled.then(stop, stop);
    return settled;
  }

  /** While the client is away each try to come back wakes it: what was given up then ends. */
  async #waitForRoom(waiting: { readonly isOver: boolean }): Promise<void> {
    while (this.#state !== "closed" && !this.#isClosing) {
      if (waiting.isOver) return;
      const { connection } = this;
      if (connection === undefined) {
        await this.#change.promise;
      } else {
        const hasRoom = await connection.ready().then(
          () => true,
          () => false,
        );
        if (hasRoom) return;
        await connection.closed;
      }
    }
    throw this.#unconnected("wait for room");
  }

  pause(): void {
    this.#isPaused = true;
    this.connection?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.connection?.resume();
  }

  close(options: Pick<CloseOptions, "reason"> = {}): Promise<CloseReason> {
    checkOptions(options, closeOptions);
    this.#isClosing = true;
    // A paused socket does not see the peer's end.
    this.resume();
    if (this.#connection === undefined) this.#end(closedWhileWaiting);
    // An attempt has sent no message.
    else if (this.#state !== "connected") this.#connection.destroy();
    else void this.#connection.close(options);
    return this.closed;
  }

  stats(): ClientStats {
    return this.#endpoint.stats();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #unconnected(doing: string): TypewireError {
    return new TypewireError("connection-closed", `Cannot ${doing}: ${this.#condition}`);
  }

  get #condition(): string {
    const address = this.#address;
    return this.#state === "closed" || this.#isClosing
      ? `the client of ${address} is closed`
      : `reconnecting to ${address}`;
  }

  /** Of the server that is dialled, or was last, for people. */
  get #address(): string {
    return formatAddress(this.#servers.current);
  }

  #attempt(): void {
    const name = this.#address;
    const connection = new LiveConnection(this.#endpoint, name);
    this.#connection = connection;
    this.#last = connection;
    const timeoutMs = this.#settings.connectTimeoutMs;
    this.#startTimer(timeoutMs, () => {
      connection.destroy(
        "connect-timeout",
        `Cannot connect to ${name}: no answer in ${timeoutMs} ms`,
      );
    });
    this.#host.dial(this.#servers.current, connection).catch((error: unknown) => {
      const { code, message } = error as TypewireError;
      connection.destroy(code, message);
    });
  }

  /** The server's first valid message has come. */
  #opened(connection: ClientConnection<P>): void {
    this.#cancelTimer();
    this.#connectedAtMs = this.#endpoint.clock.now();
    this.#unsent.sendOn(connection);
    if (connection.state === "closed") return;
    // Not before: an attempt needs the first message, a slow program or not.
    if (this.#isPaused) connection.pause();
    this.#hasStarted = true;
    this.#site = undefined;
    this.#enter("connected");
    this.#started.resolve();
    this.#tellers.onStatus?.({ state: "connected", address: this.#address });
  }

  /** The connection, or the attempt at one, has ended. */
  #lost(reason: CloseReason): void {
    this.#cancelTimer();
    this.#connection = undefined;
    if (this.#isClosing || !this.#mayComeBack(reason)) {
      this.#end(reason);
      return;
    }
    const wasConnected = this.#state === "connected";
    // A server that answers and hangs up at once is not back: its waits go on growing.
    const livedMs = this.#endpoint.clock.now() - this.#connectedAtMs;
    if (wasConnected && livedMs >= this.#backoff.ceilingMs) this.#backoff.reset();
    const address = this.#address;
    const askedMs = this.#servers.leave(reason, wasConnected);
    const delayMs = askedMs === undefined ? 0 : this.#backoff.next(askedMs);
    this.#enter("reconnecting");
    this.#startTimer(delayMs, () => this.#attempt());
    this.#tellers.onStatus?.({ state: "reconnecting", address, reason, delayMs });
  }

  #end(reason: CloseReason): void {
    if (this.#state === "closed") return;
    this.#cancelTimer();
    const hasStarted = this.#hasStarted;
    this.#enter("closed");
    this.#endpoint.calls?.outgoing?.close(this.#condition);
    if (this.#last !== undefined) this.#unsent.giveUp(this.#last, this.#unconnected("send"));
    if (!hasStarted) {
      const error = this.#servers.errorOf(reason);
      if (this.#site !== undefined) beginAt(error, this.#site);
      this.#started.reject(error);
    }
    this.#closed.resolve(reason);
    if (hasStarted) this.#tellers.onStatus?.({ state: "closed", reason });
  }

  #enter(state: ClientState): void {
    this.#state = state;
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }

  #startTimer(delayMs: number, callback: () => void): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#endpoint.clock.after(delayMs, callback);
  }
}

const closedWhileWaiting: CloseReason = {
  code: "done",
  message: "This side closed the connection: done",
  origin: "local",
};

function toldGap({ topic, from, missed, why }: GapTold): ToldGap {
  return {
    ...(topic !== undefined && { topic }),
    from,
    ...(missed !== undefined && { missed }),
    why,
  };
}
