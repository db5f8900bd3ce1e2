// What all connections of an endpoint share for calls: a server's handlers, quota and slots; a client's calls,
// which outlive its connections. Made where the protocol has calls, and nowhere else.

import type { AnyProtocol, Role } from "@typewire/protocol";

import type { ConnectionLimits } from "../limits.ts";
import type { Clock } from "../time/clock.ts";
import { CallDeadlines } from "./call-deadlines.ts";
import { CallTally } from "./call-tally.ts";
import { Calls, type CallSides } from "./calls.ts";
import { ConnectionLink, type LinkedConnection } from "./connection-link.ts";
import { buildCallTable, type Middleware } from "./call-table.ts";
import { CallQuota } from "./incoming-calls.ts";
import { OutgoingCalls } from "./outgoing-calls.ts";
import { SignalWatch } from "./signal-watch.ts";

/** What the calls of an endpoint are made of. */
export interface EndpointCallsOptions {
  readonly limits: ConnectionLimits;
  readonly clock: Clock;
  /** By the names of calls; those of messages are passed over. */
  readonly handlers: Readonly<Record<string, unknown>>;
  readonly use: readonly Middleware<never>[];
  /** Of a client: whether another connection follows one that has ended. */
  readonly comesBack: boolean;
}

/** What an endpoint knows of calls, and makes those of its connections by. */
export interface EndpointCalls extends CallSides {
  /** The calls of one connection. Called for its first message of a call, so that a connection without any has none of it. */
  begin<Self>(connection: LinkedConnection<Self>): Calls;
}

/**
 * The side that `role` has in the calls of `protocol`; undefined where it has none.
 *
 * @throws TypewireError `option-invalid` naming the call that has no handler, or the middleware that is none.
 */
export function endpointCalls(
  protocol: AnyProtocol,
  role: Role,
  { limits, clock, handlers, use, comesBack }: EndpointCallsOptions,
): EndpointCalls | undefined {
  if (Object.keys(protocol.calls).length === 0) return undefined;
  const deadlines = new CallDeadlines(clock);
  const tally = new CallTally();
  // The first id of a connection is that of `$authenticate`, where there is one.
  const firstId = protocol.hasAuth ? 2 : 1;
  if (role === "client") {
    const { windowBytes } = limits;
    const endpoint = { deadlines, signals: new SignalWatch(), firstId, windowBytes, tally };
    const outgoing = new OutgoingCalls(endpoint, comesBack);
    return begunBy({ clock, tally, outgoing, answering: undefined });
  }
  const table = buildCallTable(protocol.calls, handlers, use);
  const quota = new CallQuota(limits.maxCallsInFlight);
  const answering = { table, limits, quota, deadlines, firstId, tally };
  return begunBy({ clock, tally, outgoing: undefined, answering });
}

function begunBy(sides: CallSides): EndpointCalls {
  return { ...sides, begin: (connection) => new Calls(sides, new ConnectionLink(connection)) };
}
