// Whether the process lives, and whether the server takes connections: two questions with two askers. A
// supervisor that restarts what is not healthy must not be told of a drain, or of a bus that is away.

import type { ServerStats } from "@typewire/server";

import type { HostResponse } from "./host-types.ts";
import { observationOf } from "./observation.ts";
import { assertObservable, type Observable } from "./observable.ts";

/** `GET /healthz`: 200 while the event loop turns, with how late it was at most in the last ten seconds. */
export function health(server: Observable): HostResponse {
  const { lag } = observationOf(server);
  return json(200, { status: "ok", loopLagMs: Math.round(lag.recentMs * 10) / 10 });
}

/** `GET /readyz`: 200 where the server takes connections, else 503 and the reasons. */
export function readiness(server: Observable): HostResponse {
  assertObservable(server);
  const reasons = reasonsAgainst(server, server.stats());
  const ready = reasons.length === 0;
  return json(ready ? 200 : 503, { ready, reasons });
}

/** Why `server` takes no connections; none where it does. */
export function reasonsAgainst(
  { isListening, connections }: Observable,
  { backplane }: Pick<ServerStats, "backplane">,
): readonly string[] {
  const reasons: string[] = [];
  if (!isListening) reasons.push(connections.size > 0 ? "draining" : "stopped");
  const state = backplane?.state;
  if (state === "down" || state === "failed") reasons.push(`backplane-${state}`);
  return reasons;
}

function json(status: number, value: object): HostResponse {
  return new Response(`${JSON.stringify(value)}\n`, {
    status,
    headers: { "Content-Type": "application/json", "Cache-Control": "no-store" },
  });
}
