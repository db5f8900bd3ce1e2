// What this side tells the peer about an error, as the `$error` message.

import type { PeerError, TypewireError } from "@typewire/protocol";

import { oneLine } from "./text.ts";

/** What the peer is told of `error`: one short line, no stack, no cause. */
export function toPeerError({ code, message, path }: TypewireError): PeerError {
  const told = { type: "$error", code, message: oneLine(message) } as const;
  return path === undefined ? told : { ...told, path: oneLine(path) };
}
