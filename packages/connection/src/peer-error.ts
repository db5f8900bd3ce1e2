// `$error` in both directions: what this side tells the peer about an error, and which of the codes that a
// peer may write are ours.

import type { PeerError, TypewireError, WireErrorCode } from "@typewire/protocol";

import { oneLine } from "./text.ts";

const wireErrorCodes: Readonly<Record<WireErrorCode, true>> = {
  "header-invalid": true,
  "frame-empty": true,
  "frame-too-large": true,
  "frame-truncated": true,
  "frame-timeout": true,
  "cbor-malformed": true,
  "cbor-unsupported": true,
  "cbor-limit": true,
  "schema-mismatch": true,
  "unknown-type": true,
  "too-many-errors": true,
  "protocol-mismatch": true,
  "hello-timeout": true,
  "hello-required": true,
  "slow-consumer": true,
  "heartbeat-lost": true,
  "write-timeout": true,
  "too-many-connections": true,
  "shutting-down": true,
  internal: true,
};

/** Whether `code`, which came from a peer, is one that this version knows. */
export function isWireErrorCode(code: string): code is WireErrorCode {
  return Object.hasOwn(wireErrorCodes, code);
}

/** What the peer is told of `error`: one short line, no stack, no cause. */
export function toPeerError({ code, message, path }: TypewireError): PeerError {
  const told = { type: "$error", code, message: oneLine(message) } as const;
  return path === undefined ? told : { ...told, path: oneLine(path) };
}
