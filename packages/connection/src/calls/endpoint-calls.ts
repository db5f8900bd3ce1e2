// What all connections of an endpoint share for calls: a server's handlers, quota and slots; a client's calls,
// which outlive its connections. Made where the protocol has calls, and nowhere else.

import type { AnyProtocol, Role } from "@typewire/protocol";

import type { ConnectionLimits } from "../limits.ts";
import type { Clock } from "../time/clock.ts";
import { CallDeadlines } from "./call-deadlines.ts";
import { CallTally } from "./call-tally.ts";
import type { CallSides } from "./calls.ts";
import { buildCallTable, type Middleware } from "./handler-table.ts";
import { CallQuota } from "./incoming-calls.ts";
import { OutgoingCalls } from "./outgoing-calls.ts";
import { SignalWatch } from "./signal-watch.ts";

export interface EndpointCallsOptions {
  readonly limits: ConnectionLimits;
  readonly clock: Clock;
  /** By the names of calls; those of messages are passed over. */
  readonly handlers: Readonly<Record<string, unknown>>;
  readonly use: readonly Middleware<never>[];
  /** Of a client: whether another connection follows one that has ended. */
  readonly comesBack: boolean;
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
): CallSides | undefined {
  if (Object.keys(protocol.calls).length === 0) return undefined;
  const deadlines = new CallDeadlines(clock);
  const tally = new CallTally();
  // The first id of a connection is that of `$authenticate`, where there is one.
  const firstId = protocol.hasAuth ? 2 : 1;
  if (role === "client") {
    const { windowBytes } = limits;
    const endpoint = { deadlines, signals: new SignalWatch(), firstId, windowBytes, tally };
    return { clock, tally, outgoing: new OutgoingCalls(endpoint, comesBack), answering: undefined };
  }
  const table = buildCallTable(protocol.calls, handlers, use);
  const quota = new CallQuota(limits.maxCallsInFlight);
  const answering = { table, limits, quota, deadlines, firstId, tally };
  return { clock, tally, outgoing: undefined, answering };
}
