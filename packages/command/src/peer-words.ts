// What a log says of a peer that may be a stranger: its own words are replaced by ours, because a line of
// the log has no byte of a payload. A command quotes a peer only where its user has chosen the peer, or has
// asked for every message.

import type { CloseReason } from "@typewire/connection";
import type { ErrorCode, TypewireError } from "@typewire/protocol";

/** Of the errors that this side finds, those whose sentence names what the peer calls something. */
const ownWords: Readonly<Partial<Record<ErrorCode, string>>> = {
  "unknown-type": "Its type is none that this protocol has in this direction",
  "protocol-mismatch": "The peer speaks another protocol, or another version of it",
  "hello-required": "The peer did not say $hello first",
  "auth-required": "The peer did not prove the shared secret",
};

/** The sentence of a refused message. */
export function refusalInOwnWords({ code, message }: TypewireError): string {
  return ownWords[code] ?? message;
}

/** The sentence of an end. In one of the peer's, its words are behind a colon. */
export function endInOwnWords({ code, message, origin }: CloseReason): string {
  const own = ownWords[code as ErrorCode] ?? message;
  return origin === "peer" ? own.replace(/: [^]*/, "") : own;
}

/** A code as a peer writes it in `$error`; what does not look like one is not repeated. */
export function reportedCode(code: string): string {
  return /^[a-z][a-z-]{0,39}$/.test(code) ? code : "an unknown code";
}

/** A fingerprint as a peer writes it in `$hello`; what does not look like one is not repeated. */
export function statedFingerprint(fingerprint: string): string {
  return /^[0-9a-f]{16}$/.test(fingerprint) ? fingerprint : "unreadable";
}
