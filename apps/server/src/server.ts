// A server of one protocol: who is connected, broadcast, drain. It accepts through a `listen` function
// and leaves bytes, messages and closing to `Connection`; flags, logs and signals are the command's.

import {
  type Clock,
  Connection,
  createEndpoint,
  type Endpoint,
  type Observer,
  systemClock,
} from "@typewire/connection";
import type { ConnectionLimits, Handlers } from "@typewire/connection";
import { type AnyProtocol, type MessageOf, TypewireError } from "@typewire/protocol";

import { descriptorLimit, resolveMaxConnections } from "./descriptor-limit.ts";
import type { Accept, Listening, SocketUser } from "./listen.ts";
import { Refuser } from "./refusal.ts";

/** A connection as the server's handlers see it. */
export type ServerConnection<P extends AnyProtocol> = Connection<
  MessageOf<P, "server">,
  MessageOf<P, "client">
>;

/**
 * A function for each message that the client may send, besides `open` and `close`. Conditional, so that
 * the compiler has settled on P before it looks into a literal, and infers the parameters from it.
 */
export type ServerHandlers<P extends AnyProtocol> = P extends AnyProtocol
  ? Handlers<MessageOf<P, "client">, ServerConnection<P>>
  : never;

export interface ServerOptions<P extends AnyProtocol> {
  /**
   * Connections at once; one over is told `too-many-connections` and closed. Default 10 000. Always
   * lowered to what the descriptors of this process allow, because a listener without one spins.
   */
  readonly maxConnections?: number;
  /** Limits of each connection; the defaults are those of `@typewire/connection`. */
  readonly limits?: Partial<ConnectionLimits>;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Called for each connection before it opens: who watches it, for a log or a trace. */
  readonly observe?: (
    connectionName: string,
  ) => Observer<MessageOf<P, "server">, MessageOf<P, "client">> | undefined;
  /** A connection was turned away with `too-many-connections`, for a log. */
  readonly onTurnedAway?: (connectionName: string) => void;
  /** A handler threw or rejected; its connection ends with `internal`. Default: `console.error`, with the stack. */
  readonly onHandlerError?: (
    connection: ServerConnection<P>,
    handlerName: string,
    error: unknown,
  ) => void;
}

export interface DrainOptions {
  /** How long connections may take to let go. Default 10 s. */
  readonly timeoutMs?: number;
  /** Told to every client in `$bye`. */
  readonly reason?: string;
  /** Told to every client in `$bye`: when to come back. */
  readonly retryAfterMs?: number;
}

export class Server<P extends AnyProtocol> {
  readonly maxConnections: number;
  readonly #endpoint: Endpoint<MessageOf<P, "server">, MessageOf<P, "client">>;
  readonly #observe: ServerOptions<P>["observe"];
  readonly #onTurnedAway: ServerOptions<P>["onTurnedAway"];
  readonly #refuser: Refuser;
  readonly #connections = new Set<ServerConnection<P>>();
  readonly #listening: Listening;
  #isListening = true;

  /** Use `serve`. Listens before it returns; throws what `listen` and `createEndpoint` throw. */
  constructor(
    protocol: P,
    options: ServerOptions<P>,
    handlers: ServerHandlers<P>,
    listen: (accept: Accept) => Listening,
  ) {
    this.maxConnections = resolveMaxConnections(
      positiveInteger("maxConnections", options.maxConnections),
      descriptorLimit(),
    );
    this.#observe = options.observe;
    this.#onTurnedAway = options.onTurnedAway;
    this.#endpoint = createEndpoint(protocol, "server", handlers, {
      ...(options.limits && { limits: options.limits }),
      clock: options.clock ?? systemClock,
      hooks: {
        closed: (connection) => this.#connections.delete(connection),
        handlerFailed: options.onHandlerError ?? printHandlerError,
      },
    });
    this.#refuser = new Refuser({
      codec: protocol.server,
      clock: this.#endpoint.clock,
      lingerMs: this.#endpoint.limits.lingerMs,
      message: `The server is full: its limit of connections is ${this.maxConnections}`,
    });
    this.#listening = listen((name) => this.#accept(name));
  }

  /** The port bound; undefined for a Unix socket. */
  get port(): number | undefined {
    return this.#listening.port;
  }

  /** The host bound, as it was given; undefined for a Unix socket. */
  get hostname(): string | undefined {
    return this.#listening.hostname;
  }

  /** The address bound, for people: `127.0.0.1:8080`, `unix:/run/x.sock`. */
  get address(): string {
    return this.#listening.address;
  }

  /** False once `drain` or `stop` has been called. */
  get isListening(): boolean {
    return this.#isListening;
  }

  /** Every connection that has not ended. */
  get connections(): ReadonlySet<ServerConnection<P>> {
    return this.#connections;
  }

  /**
   * Sends one message to every open connection, encoded once. Returns how many have it in their queue:
   * a client whose frame limit is below the message's size is left out.
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
        if (!(error instanceof TypewireError)) throw error;
      }
    }
    return recipients;
  }

  /**
   * Ends in order: accepts no more, says `$bye` to every client, lets queues empty, and cuts who is still
   * there after `timeoutMs`. Resolves when no connection is left, with the number that were cut.
   */
  async drain(options: DrainOptions = {}): Promise<{ readonly cut: number }> {
    const { timeoutMs = 10_000, reason = "The server is shutting down", retryAfterMs } = options;
    this.#stopListening();
    const bye = { reason, ...(retryAfterMs !== undefined && { retryAfterMs }) };
    const closed = [...this.#connections].map((connection) => connection.close(bye));
    let cut = 0;
    const cancel = this.#endpoint.clock.after(timeoutMs, () => {
      cut = this.#connections.size;
      this.#destroyAll();
    });
    await Promise.all(closed);
    cancel();
    return { cut };
  }

  /** Ends at once: accepts no more and resets every connection. */
  stop(): void {
    this.#stopListening();
    this.#destroyAll();
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  #accept(name: string): SocketUser {
    if (this.#connections.size >= this.maxConnections) {
      this.#onTurnedAway?.(name);
      return this.#refuser.refuse();
    }
    const connection: ServerConnection<P> = new Connection(this.#endpoint, {
      name,
      observer: this.#observe?.(name),
    });
    this.#connections.add(connection);
    return connection;
  }

  #stopListening(): void {
    this.#isListening = false;
    this.#listening.stop();
  }

  #destroyAll(): void {
    for (const connection of this.#connections) connection.destroy("shutting-down");
  }
}

function positiveInteger(name: string, value: number | undefined): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) return value;
  throw new TypewireError("option-invalid", `${name}: expected a positive integer, got ${value}`);
}

function printHandlerError(
  connection: { name: string },
  handlerName: string,
  error: unknown,
): void {
  console.error(`Handler ${handlerName} of ${connection.name} failed:`, error);
}
