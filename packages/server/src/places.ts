// How a server divides the sockets that its host can hold: connections, of which a part is for peers that
// have not shown yet that they belong, and peers that are being refused.

import { TypewireError } from "@typewire/protocol";

/** Connections that a server takes by default where its host can hold as many. */
const DEFAULT_MAX_CONNECTIONS = 10_000;

/** Refused peers held at once, at most and of all sockets; each may take `lingerMs` to read why. */
const MOST_REFUSALS = 64;
const REFUSAL_SHARE = 1 / 4;

/** What peers that have shown nothing may hold of the connections. */
const UNPROVEN_SHARE = 1 / 4;

/** Sockets beyond all that, where the host can hold them, for peers that may still show that they belong. */
const MOST_SPARE = 1024;

/** Sockets, by what they are for. */
export interface Places {
  readonly connections: number;
  /** Of the connections, those whose peers have not shown yet that they belong. */
  readonly unproven: number;
  /** Peers that are told `too-many-connections`. */
  readonly refusals: number;
  /** Sockets for more unproven peers than their places, for a moment. */
  readonly spare: number;
}

/**
 * The places of a server that was asked for `requested` connections, or for none in particular.
 *
 * @throws TypewireError `listen-failed` where `sockets` do not suffice for one connection and one refusal.
 */
export function dividePlaces(sockets: number, requested = DEFAULT_MAX_CONNECTIONS): Places {
  const refusals = Math.min(MOST_REFUSALS, Math.ceil(sockets * REFUSAL_SHARE));
  const connections = Math.min(requested, sockets - refusals);
  if (connections >= 1) {
    const unproven = Math.max(1, Math.floor(connections * UNPROVEN_SHARE));
    const spare = Math.min(MOST_SPARE, sockets - connections - refusals);
    return { connections, unproven, refusals, spare };
  }
  throw new TypewireError(
    "listen-failed",
    "Cannot listen: this process may open too few files for one connection (ulimit -n)",
  );
}
