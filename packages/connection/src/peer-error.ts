// What this side tells the peer about an error, as the `$error` message; and the type that keeps codes which
// concern this side alone from travelling.

import {
  type ControlMessage,
  isWireErrorCode,
  type PeerError,
  type TypewireError,
  type WireErrorCode,
} from "@typewire/protocol";

import { oneLine } from "./text.ts";

/** An `$error` of this side, whose code is one that travels. A received one may have any. */
export type OwnError = PeerError & { readonly code: WireErrorCode };

/** A control message of this side. */
export type OwnControlMessage = Exclude<ControlMessage, PeerError> | OwnError;

/** Says nothing of what failed: options, paths of files and addresses are this side's alone. */
const internalError: OwnError = {
  type: "$error",
  code: "internal",
  message: "An internal failure; the log of this side says more",
};

/**
 * What the peer is told of `error`: one short line, no stack, no cause. Of a mistake or failure of this
 * side alone (a `LocalErrorCode`) it is told `internal`, and nothing else.
 */
export function toPeerError({ code, message, path }: TypewireError): OwnError {
  if (!isWireErrorCode(code)) return internalError;
  const told = { type: "$error", code, message: oneLine(message) } as const;
  return path === undefined ? told : { ...told, path: oneLine(path) };
}
