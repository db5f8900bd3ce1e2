// What a client takes from the host it runs on: a way to reach its server, and what guards it. Types only.

import type { SharedSecret, SocketAddress, SocketUser } from "@typewire/connection";

export interface ClientHost {
  /**
   * One attempt to reach `target`. Hands the socket to `user`, whose `opened` is called before this
   * resolves; with TLS it is called when the server is verified, and `socketClosed` when it is not. There
   * is no way to abort: a user that has lost interest resets the socket that it is given too late.
   *
   * @throws TypewireError (as a rejection) `connect-failed`, naming the address and the reason, or
   * `option-invalid`.
   */
  readonly dial: (target: SocketAddress, user: SocketUser) => Promise<void>;
  /** The secret that the server has to prove. Absent: any server will do. */
  readonly secret?: SharedSecret;
  /** Told of a handler that threw or rejected, where no observer has `onHandlerError`. */
  readonly handlerFailed: (
    connection: { readonly name: string },
    handlerName: string,
    error: unknown,
  ) => void;
  /** Given a sentence where no observer asks for what should be known: refused messages, other schemas. Absent: no one is. */
  readonly warn?: (sentence: string) => void;
}
