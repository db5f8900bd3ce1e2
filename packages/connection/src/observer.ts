// What a log or a trace may see of one connection. Absent in the common case, and then it costs nothing.

import type { Hello, PeerError, TypewireError } from "@typewire/protocol";

/** Callbacks into the owner's log. They must not throw; bytes are on loan until they return. */
export interface Observer<Outgoing, Incoming> {
  /** A message was queued as `bytes[start, end)`, header and payload. */
  sent?(message: Outgoing, bytes: Uint8Array, start: number, end: number): void;
  /** A valid message came as the payload `bytes[start, end)`; its handler runs next. */
  received?(message: Incoming, bytes: Uint8Array, start: number, end: number): void;
  /** The peer introduced itself as speaking this protocol; its fingerprint may differ from ours. */
  hello?(hello: Hello): void;
  /** A message of the peer's was answered with `$error`, and the connection stays. */
  refused?(error: TypewireError): void;
  /** The peer sent `$error`. */
  peerError?(error: PeerError): void;
}
