// What a client takes from the host it runs on: a way to reach its server, and what guards it. Types only.

import type { EndHost, SharedSecret, SocketAddress, SocketUser } from "@typewire/connection";

/** What a client takes from the host that it runs on: a way to dial, and what that host knows. */
export interface ClientHost extends EndHost {
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
}
