// What a server tells a watcher, which is not the program's own: metrics, a page. An observer, which stands in the
// options, hears of every message, and what it asks for the program counts as told.

import type { BackplaneEvent, Gap } from "@typewire/backplane";
import type { CloseReason, OptionCheck } from "@typewire/connection";

import type { MemberConnection } from "./member-connection.ts";
import type { TurnedAwayBy } from "./server-options.ts";

/** Told of what happens seldom, and of handlers by samples. Nothing here may throw. */
export interface ServerWatcher {
  /** A connection has opened. */
  opened(connection: MemberConnection<never>): void;
  /** A connection has ended, opened or not. */
  closed(connection: MemberConnection<never>, reason: CloseReason): void;
  /** A peer was turned away. */
  turnedAway(connectionName: string, by: TurnedAwayBy): void;
  /** A gap in what another server has published. */
  gap(gap: Gap): void;
  /** Something has become of the bus, or of another server. */
  backplane(event: BackplaneEvent): void;
  /** The bus has answered, so many milliseconds after it was asked. */
  busAnswered(elapsedMs: number): void;
  /** The handler of this message or call took so many milliseconds until it had settled: of each, one run in 64. */
  handled(name: string, elapsedMs: number): void;
}

const WATCHER_METHODS = [
  "opened",
  "closed",
  "turnedAway",
  "gap",
  "backplane",
  "busAnswered",
  "handled",
] as const satisfies readonly (keyof ServerWatcher)[];

/** A watcher that cannot be told would throw where a connection opens. */
export const aWatcher: OptionCheck = {
  expected: `an object with the methods ${WATCHER_METHODS.join(", ")}`,
  allows: (value) =>
    typeof value === "object" &&
    value !== null &&
    WATCHER_METHODS.every((name) => typeof Reflect.get(value, name) === "function"),
};

/** What a server has counted, beside `stats`. */
export interface ServerFigures {
  /** Valid messages that came, by each name that clients may send. */
  readonly receivedByType: Readonly<Record<string, number>>;
  /**
   * Messages sent, one for each connection, by each name that the server may send; `$forwarded` are those that another
   * server has published, which are passed on as they came.
   */
  readonly sentByType: Readonly<Record<string, number>>;
  readonly turnedAwayBy: Readonly<Record<TurnedAwayBy, number>>;
  /** Topics that a connection of this server hears. */
  readonly topics: number;
  /** The option `maxBufferedBytes`, or its default. */
  readonly maxBufferedBytes: number;
  /** Handlers of messages whose promise has not settled, of all connections. */
  readonly handlersInFlight: number;
  /** Connections for which more waits than the soft limit of their queue. */
  readonly slowConnections: number;
}

/** A server that is being watched. */
export interface ServerWatch {
  /** What the server says of its protocol in its `$hello`. */
  readonly protocol: {
    readonly name: string;
    readonly version: number;
    readonly fingerprint: string;
    /** How its calls may fail: our codes, and those that they declare; none where it has no calls. */
    readonly callCodes: readonly string[];
  };
  figures(): ServerFigures;
  /** The next run of each handler is timed, beside the one in 64. */
  timeNext(): void;
}
