// The options that both ends have alike: those of a server for each of its connections, and of a client for
// the one that it has.

import type { AnyMessage } from "@typewire/protocol";

import type { Connection } from "./connection.ts";
import type { Limits } from "./limits.ts";
import type { Observer } from "./observer.ts";
import type { Clock } from "./time/clock.ts";

/** `Outgoing` are the messages that this end sends. */
export interface EndOptions<Outgoing extends AnyMessage, Incoming extends AnyMessage> {
  /** Limits of each connection; their table is in docs/commands.md. */
  readonly limits?: Partial<Limits>;
  /** Default: the machine's. For tests. */
  readonly clock?: Clock;
  /** Called for each connection before it opens: who watches it, for a log or a trace. */
  readonly observe?: (connectionName: string) => Observer<Outgoing, Incoming> | undefined;
  /** A handler threw or rejected; its connection ends with `internal`. Default: the host prints it, with the stack. */
  readonly onHandlerError?: (
    connection: Connection<Outgoing>,
    handlerName: string,
    error: unknown,
  ) => void;
}

/** The names of all of them. */
export const endOptions = {
  limits: true,
  clock: true,
  observe: true,
  onHandlerError: true,
} as const satisfies Record<keyof EndOptions<AnyMessage, AnyMessage>, true>;
