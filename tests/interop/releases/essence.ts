// What has to be the same whenever a scene is played again: the messages of one end, in order, without what
// each connection has of its own (nonces, proofs, ports, times) and without words for humans.

import { typeOf } from "./transcript.ts";
import type { End, Entry, Recording } from "./transcript.ts";

/**
 * By message type, the properties whose values may differ. The fingerprint may: it is compared for equality
 * between two ends, and nothing depends on it.
 */
const passing: Readonly<Record<string, readonly string[]>> = {
  $hello: ["nonce", "fingerprint"],
  $proof: ["mac"],
  $ping: ["id"],
  $pong: ["id"],
  $error: ["message"],
  $bye: ["reason"],
  said: ["from", "at"],
};

/** The lasting part of what `from` said, for each connection. */
export function essenceOf({ connections }: Recording, from: End): unknown[][] {
  return connections.map((entries) => withoutRepeatedPings(entries, from).map(lasting));
}

/** How many heartbeats there are depends on how busy the machine is. */
function withoutRepeatedPings(entries: readonly Entry[], from: End): readonly Entry[] {
  const own = entries.filter((entry) => entry.from === from && "value" in entry);
  return own.filter((entry, index) => {
    const type = typeOf(entry);
    const before = own[index - 1];
    const isHeartbeat = type === "$ping" || type === "$pong";
    return !isHeartbeat || before === undefined || typeOf(before) !== type;
  });
}

function lasting(entry: Entry): unknown {
  const value = "value" in entry ? (entry.value as Record<string, unknown>) : {};
  const dropped = passing[typeOf(entry) ?? ""] ?? [];
  return Object.fromEntries(Object.entries(value).filter(([key]) => !dropped.includes(key)));
}
