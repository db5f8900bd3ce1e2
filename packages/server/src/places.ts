// How a server divides the sockets that its host can hold: connections, and peers that are being refused.

import { TypewireError } from "@typewire/protocol";

/** Connections that a server takes by default where its host can hold as many. */
const DEFAULT_MAX_CONNECTIONS = 10_000;

/** Refused peers held at once, at most and of all sockets; each may take `lingerMs` to read why. */
const MOST_REFUSALS = 64;
const REFUSAL_SHARE = 1 / 4;

export interface Places {
  readonly connections: number;
  /** Peers that are told `too-many-connections`. */
  readonly refusals: number;
}

/**
 * The places of a server that was asked for `requested` connections, or for none in particular.
 *
 * @throws TypewireError `listen-failed` where `sockets` do not suffice for one connection and one refusal.
 */
export function dividePlaces(sockets: number, requested = DEFAULT_MAX_CONNECTIONS): Places {
  const refusals = Math.min(MOST_REFUSALS, Math.ceil(sockets * REFUSAL_SHARE));
  const connections = Math.min(requested, sockets - refusals);
  if (connections >= 1) return { connections, refusals };
  throw new TypewireError(
    "listen-failed",
    "Cannot listen: this process may open too few files for one connection (ulimit -n)",
  );
}
