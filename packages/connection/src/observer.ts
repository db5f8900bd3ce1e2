// What a log or a trace may see of one connection. Absent in the common case, and then it costs nothing.
// An observer that throws is reported and goes on being told: it must not cost the peer its connection.

import type { Hello, PeerError, TypewireError } from "@typewire/protocol";

/** Callbacks into the owner's log. Bytes are on loan until they return. */
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

/** An observer that never throws. */
export class GuardedObserver<Outgoing, Incoming> implements Required<Observer<Outgoing, Incoming>> {
  readonly #observer: Observer<Outgoing, Incoming>;
  readonly #failed: (callbackName: string, error: unknown) => void;

  constructor(
    observer: Observer<Outgoing, Incoming>,
    failed: (callbackName: string, error: unknown) => void,
  ) {
    this.#observer = observer;
    this.#failed = failed;
  }

  sent(message: Outgoing, bytes: Uint8Array, start: number, end: number): void {
    try {
      this.#observer.sent?.(message, bytes, start, end);
    } catch (error) {
      this.#failed("observer.sent", error);
    }
  }

  received(message: Incoming, bytes: Uint8Array, start: number, end: number): void {
    try {
      this.#observer.received?.(message, bytes, start, end);
    } catch (error) {
      this.#failed("observer.received", error);
    }
  }

  hello(hello: Hello): void {
    try {
      this.#observer.hello?.(hello);
    } catch (error) {
      this.#failed("observer.hello", error);
    }
  }

  refused(error: TypewireError): void {
    try {
      this.#observer.refused?.(error);
    } catch (thrown) {
      this.#failed("observer.refused", thrown);
    }
  }

  peerError(error: PeerError): void {
    try {
      this.#observer.peerError?.(error);
    } catch (thrown) {
      this.#failed("observer.peerError", thrown);
    }
  }
}
