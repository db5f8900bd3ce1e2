// Bun.connect, and nothing else: one attempt to reach an address. Bun has neither a connect timeout nor a
// way to abort; the client has the timeout, and resets a socket that comes too late.

import {
  type Clock,
  describeSystemError,
  formatAddress,
  type SocketAddress,
  type SocketUser,
  systemClock,
} from "@typewire/connection";
import { TypewireError } from "@typewire/protocol";

import type { DialTls } from "./client-tls.ts";
import { SecuredSocket, securedSocketHandlers } from "./secured-socket.ts";
import { socketHandlers } from "./socket-handlers.ts";

const reasons: Readonly<Record<string, string>> = {
  // Also what Bun reports when this process has no file descriptor left.
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "the network cannot be reached",
  ENOTFOUND: "the name has no address",
  ETIMEDOUT: "the network gave up waiting",
  EACCES: "permission denied",
};

/** Of a Unix socket. */
const fileReasons: Readonly<Record<string, string>> = {
  ...reasons,
  ENOENT: "no such socket",
  EINVAL: "the path is too long",
};

/**
 * Dials `target` and hands the socket to `user`, whose `opened` is called before this resolves; with `tls`
 * it is called when the server is verified, and `socketClosed` when it is not. There is no way to abort:
 * a user that has lost interest resets the socket that it is given too late.
 *
 * @throws TypewireError (as a rejection) `connect-failed`, naming the address and the reason.
 */
export async function dial(
  target: SocketAddress,
  user: SocketUser,
  tls?: DialTls,
  clock: Clock = systemClock,
): Promise<void> {
  try {
    // Half-open, so that our queue survives the peer's end.
    const options = { allowHalfOpen: true, data: user, socket: socketHandlers } as const;
    if (tls !== undefined) await dialSecured(target, user, tls, clock);
    else if ("unix" in target) await Bun.connect({ ...target, ...options });
    else await Bun.connect({ ...target, ...options });
  } catch (cause) {
    throw new TypewireError(
      "connect-failed",
      `Cannot connect to ${formatAddress(target)}: ${describeSystemError(cause, "unix" in target ? fileReasons : reasons)}`,
      { cause },
    );
  }
}

/** The same behind a handshake. Bun resolves before it; `SecuredSocket` waits for its end. */
async function dialSecured(
  target: SocketAddress,
  user: SocketUser,
  tls: DialTls,
  clock: Clock,
): Promise<void> {
  const data = new SecuredSocket({
    user,
    clock,
    peerRole: "server",
    mustBeAuthorized: tls.rejectUnauthorized,
    hasCertificate: tls.cert !== undefined,
  });
  const options = { allowHalfOpen: true, data, socket: securedSocketHandlers, tls: { ...tls } };
  if ("unix" in target) await Bun.connect({ ...target, ...options });
  else await Bun.connect({ ...target, ...options });
}
