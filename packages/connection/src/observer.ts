// What a program may be told of its connections, beside their messages. How its observers are told is
// `observers.ts`'s.

import type { AnyMessage, Hello, PeerError, TypewireError } from "@typewire/protocol";

import type { CloseReason } from "./close-reason.ts";
import type { Connection } from "./connection.ts";
import { aFunction, type OptionChecks } from "./option-checks.ts";

/**
 * What a log, metrics or a program itself hears of connections; `Self` is what it may ask of each. All of it is
 * optional, and each method is called with `this` as the observer. Bytes are on loan until the method returns.
 * What a method throws, or its promise rejects with, is told to `onHandlerError` under the method's name; the
 * connection goes on.
 */
export interface Observer<
  Outgoing extends AnyMessage = AnyMessage,
  Incoming extends AnyMessage = AnyMessage,
  Self extends Connection<Outgoing> = Connection<Outgoing>,
> {
  /**
   * Once, before any message: at a server when the client has connected, at a client when the server has
   * answered; with a secret, when the peer has proved it. A drain waits for its promise, and with
   * `order: "sequential"` the first handler does.
   */
  // oxlint-disable-next-line typescript/no-explicit-any -- as the result of a handler
  onOpen?(connection: Self): any;
  /** Once, after `onOpen`, when the connection has ended. */
  onClose?(connection: Self, reason: CloseReason): void;
  /** The peer's `$hello` came, for this protocol; its fingerprint may differ from ours. Before `onOpen` at a client. */
  onHello?(connection: Self, hello: Hello): void;
  /**
   * A message of the peer's was refused, and the connection stays: the peer was told, or has been told of
   * enough. Of messages of a name that is not known, only of those that were answered; `stats` counts all.
   */
  onRefused?(connection: Self, error: TypewireError): void;
  /** The peer sent `$error`: it refused a message, or is about to close. */
  onPeerError?(connection: Self, error: PeerError): void;
  /**
   * Messages that `send` was given will not leave: copies of them, in order. The code of `why` is
   * `connection-closed` for what had not left whole when the connection ended (told before `onClose`) and for
   * what was sent after that; `auth-required` for what was sent before the peer proved the secret; `queue-full` for
   * what exceeds `maxBufferedBytes` within one turn of the event loop; `frame-too-large` or `cbor-limit` for what
   * exceeds the peer's limits, of which `send` throws besides. What is sent on the same connection from within is
   * counted, and not told. What the socket had taken may be lost as well: only an answer says that a message
   * arrived.
   */
  onUndelivered?(connection: Self, messages: readonly Outgoing[], why: TypewireError): void;
  /**
   * A handler of a message threw or rejected, and its connection ends with `internal`; or the handler of a call, or
   * a method of an observer did, and the connection goes on. Perhaps after the end. Has the stack, which the peer
   * never gets.
   */
  onHandlerError?(connection: Self, handlerName: string, error: unknown): void;
  /** A message was queued as `bytes[start, end)`, header and payload. */
  onSent?(connection: Self, message: Outgoing, bytes: Uint8Array, start: number, end: number): void;
  /** A valid message came as the payload `bytes[start, end)`; its handler runs next. */
  onReceived?(
    connection: Self,
    message: Incoming,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void;
}

/** The methods. */
export const observerMethods: OptionChecks<keyof Observer> = {
  onOpen: aFunction,
  onClose: aFunction,
  onHello: aFunction,
  onRefused: aFunction,
  onPeerError: aFunction,
  onUndelivered: aFunction,
  onHandlerError: aFunction,
  onSent: aFunction,
  onReceived: aFunction,
};
