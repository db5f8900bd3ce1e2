// The face of a server: what a program may ask of it. How it works is `LiveServer`'s.

import { LiveConnection, oneOf, type OptionCheck, type OptionChecks } from "@typewire/connection";
import type { AnyMessage, AnyProtocol, MessageOf } from "@typewire/protocol";

import type { MemberConnection } from "./member-connection.ts";
import type { Drained, DrainOptions, ServerStats } from "./server-options.ts";
import type { ServerWatch, ServerWatcher } from "./watch.ts";

/** The connection that a broadcast leaves out, and the one that it speaks for. */
export interface BroadcastOptions<Connection> {
  readonly except?: Connection | undefined;
  /**
   * The connection that made the server say it: where a quarter of the recipients do not keep up, that
   * connection is not read until they do, or for a second, so that one speaker cannot have others cut off.
   * Default: within a handler of a message, before its first `await`, the handler's connection; else none.
   */
  readonly from?: Connection | undefined;
}

/** What becomes of a message for a member of a topic for whom more than 256 KiB wait. */
export type WhenSlow = "close" | "drop";

/** Those of a broadcast, and what becomes of the message for a member that is slow. */
export interface PublishOptions<Connection> extends BroadcastOptions<Connection> {
  /**
   * `close`: it is queued like any message, until the limits of the queue end the connection. `drop`: this
   * member does not get it, which `stats` counts in `messagesDropped`. For values that the next one replaces.
   * Default `close`.
   */
  readonly whenSlow?: WhenSlow | undefined;
}

/** A list of them, or whatever else, would be equal to no connection, and leave out none. */
const aConnection: OptionCheck = {
  expected: "a connection of this server",
  allows: (value) => value instanceof LiveConnection,
};

export const broadcastOptions: OptionChecks<keyof BroadcastOptions<object>> = {
  except: aConnection,
  from: aConnection,
};

export const publishOptions: OptionChecks<keyof PublishOptions<object>> = {
  ...broadcastOptions,
  whenSlow: oneOf("close", "drop"),
};

/** How many hear a topic. */
export interface Subscribers {
  /** Connections of all servers that this one knows of; of the others, as their last beats have it. */
  readonly members: number;
  /** Those servers, this one among them: 1 without a `backplane`. */
  readonly servers: number;
}

/** How many connections there are. */
export interface ConnectionCount {
  /** Of all servers that this one knows of; of the others, as their last beats have it. */
  readonly connections: number;
  /** Those servers, this one among them: 1 without a `backplane`. */
  readonly servers: number;
}

/**
 * A server of one protocol. `Outgoing` are the messages that it sends, `Context` is what `authenticate` makes of a
 * client; `Port` is `number` where it listens on one, and undefined where it listens on a Unix socket. `await using`
 * drains it, with the defaults of `drain`.
 */
export interface Server<
  Outgoing extends AnyMessage,
  Port extends number | undefined = number | undefined,
  Context = unknown,
> extends AsyncDisposable {
  /** The most connections at once: the option, lowered to what the host can hold. */
  readonly maxConnections: number;
  /** The port bound; undefined for a Unix socket. */
  readonly port: Port;
  /** The host bound, as it was given; undefined for a Unix socket. */
  readonly hostname: Port extends number ? string : undefined;
  /** The address bound, for people: `127.0.0.1:8080`, `unix:/run/x.sock`. */
  readonly address: string;
  /** False once `drain` or `stop` has been called. */
  readonly isListening: boolean;
  /** What works but should not stay, of the certificate and key: sentences for a log. */
  readonly tlsWarnings: readonly string[];
  /** Every connection that has not ended. */
  readonly connections: ReadonlySet<MemberConnection<Outgoing, Context>>;

  /**
   * Reads the files of `tls` again and tries a handshake with them in memory: connections that come afterwards
   * meet the new certificate, those that are open go on. Does nothing without `tls`.
   *
   * @throws TypewireError (as a rejection) `option-invalid` naming the file that cannot be used; the old ones
   * stay in use.
   */
  reloadCertificates(): Promise<void>;

  /** What it has done so far, in numbers. Adds up what is alive: for a log or a probe, not for each message. */
  stats(): ServerStats;

  /**
   * Sends one message to every open connection, encoded once; with a `backplane` to those of the other servers too.
   * Returns how many of this server's have it in their queue: left out are connections that have ended, and clients
   * whose limits are below the message's size, items or nesting. For those it counts as undelivered, and
   * `onUndelivered` is told.
   *
   * @throws TypewireError `schema-mismatch` where it is not a message of the server's, `option-invalid`; it is sent to no
   * connection then.
   */
  broadcast(message: Outgoing, options?: BroadcastOptions<MemberConnection<Outgoing>>): number;

  /**
   * As `broadcast`, to the open connections that have subscribed to `topic`. Returns how many of this server's have
   * it in their queue. At another server `whenSlow` holds as here; `except` and `from` are connections of this one.
   *
   * @throws TypewireError `schema-mismatch` as `broadcast`, `topic-invalid` for a name that is no topic's,
   * `option-invalid`.
   */
  publish(
    topic: string,
    message: Outgoing,
    options?: PublishOptions<MemberConnection<Outgoing>>,
  ): number;

  /**
   * How many connections hear `topic` now, of how many servers.
   *
   * @throws TypewireError `topic-invalid` for a name that is no topic's.
   */
  subscribers(topic: string): Subscribers;

  /** How many connections all servers have together: more than `connections` has, with a `backplane`. */
  countConnections(): ConnectionCount;

  /**
   * Watches the server from now on, for as long as it lives: what `typewire/observe` is made on. A server that
   * is not watched does nothing for it but count its messages by name.
   */
  watch(watcher: ServerWatcher): ServerWatch;

  /**
   * Ends in order: accepts no more, lets handlers under way answer, says `$bye` to every client, at once or over
   * `spreadMs`, lets queues empty, and cuts the connections that are left `timeoutMs` after the last. Resolves when
   * no connection is left.
   *
   * @throws TypewireError (as a rejection) `option-invalid` where an option is not known or not possible;
   * nothing has ended then.
   */
  drain(options?: DrainOptions): Promise<Drained>;

  /** Ends at once: accepts no more and resets every connection. */
  stop(): void;
}

/** What `serve` returns for the protocol `P`; `Context` is what `authenticate` returns. */
export type ServerOf<
  P extends AnyProtocol,
  Context = undefined,
  Port extends number | undefined = number | undefined,
> = Server<MessageOf<P, "server">, Port, Context>;
