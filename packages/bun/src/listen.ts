// Bun.listen, and nothing else: accepted sockets and their events handed to their users. What Bun does
// that its documentation does not say (tests/assumptions/listening.test.ts) is dealt with here.

import {
  describeSystemError,
  formatAddress,
  type SocketAddress,
  type SocketUser,
} from "@typewire/connection";
import { TypewireError } from "@typewire/protocol";
import type { Accept, Listening, PeerCertificate } from "@typewire/server";

import type { ServerTls } from "./server-tls.ts";
import { identityOf, stopAround } from "./socket-file.ts";
import { socketHandlers } from "./socket-handlers.ts";

/** Why the system lets a program not listen, by its code. */
export const listenReasons: Readonly<Record<string, string>> = {
  EADDRINUSE: "the address is in use",
  EADDRNOTAVAIL: "this machine has no such address",
  EACCES: "permission denied",
};

/** Of a Unix socket. */
const fileReasons: Readonly<Record<string, string>> = {
  ...listenReasons,
  EADDRINUSE: "there is such a file already",
  ENOENT: "the folder does not exist",
  ENOTDIR: "what should be its folder is none",
  ELOOP: "its links lead round in a circle",
  EINVAL: "the path is too long",
};

/** The user of a socket that is closed at once. */
const noUser: SocketUser = {
  opened() {},
  receive() {},
  drained() {},
  peerEnded() {},
  socketClosed() {},
};

export interface ListenOptions {
  /** Sockets are opened for their users after the handshake. */
  readonly tls?: ServerTls | undefined;
  /** The lowest descriptor that is kept for something else; see `Descriptors`. */
  readonly reservedFrom: number;
  /** Whether other processes may listen on the same port (SO_REUSEPORT, socket(7)). */
  readonly reusePort?: boolean;
}

/**
 * Starts listening at once, at port 0 on a free one.
 *
 * @throws TypewireError `listen-failed`, naming the address and the reason.
 */
export function listen(
  target: SocketAddress,
  accept: Accept,
  { tls, reservedFrom, reusePort = false }: ListenOptions,
): Listening {
  let accepted = 0;
  const name = (socket: Bun.Socket<SocketUser>): string =>
    "unix" in target
      ? `unix:${accepted}`
      : formatAddress({
          hostname: socket.remoteAddress ?? "unknown",
          port: socket.remotePort ?? 0,
        });
  const userOf = (
    socket: Bun.Socket<SocketUser>,
    cut: () => void,
    certificate?: () => PeerCertificate | undefined,
  ): SocketUser | undefined => {
    accepted += 1;
    return accept({
      name: name(socket),
      ipAddress: "unix" in target ? undefined : socket.remoteAddress,
      isBeyondLimit: descriptorOf(socket) >= reservedFrom,
      cut,
      ...(certificate && { certificate }),
    });
  };
  const socket: Bun.SocketHandler<SocketUser> = {
    ...socketHandlers,
    open(opened) {
      // A `data` option of Bun.listen would be one object for all sockets. It is assigned before the
      // socket is used, because closing calls `close` at once.
      const user = userOf(opened, () => opened.terminate());
      opened.data = user ?? noUser;
      if (user === undefined) opened.terminate();
      else user.opened(opened);
    },
  };
  try {
    // Until it is TLS a socket has no user and no `data` handler: nothing is read from it, or written.
    const guarded: Bun.SocketHandler<SocketUser> = {
      open(opened) {
        tls?.accept(opened, (cut, certificate) => userOf(opened, cut, certificate));
      },
      drain() {},
      error: (failed) => failed.terminate(),
    };
    // Half-open, so that our queue survives the peer's end.
    const options = { allowHalfOpen: true, socket: tls === undefined ? socket : guarded } as const;
    if ("unix" in target) {
      const listener = ownersOnly(() => Bun.listen({ ...target, ...options }));
      const address = formatAddress(target);
      const own = identityOf(target.unix);
      let isStopped = false;
      // Bun removes whatever is at the path.
      const stop = (): void => {
        if (!isStopped) stopAround(target.unix, own, () => listener.stop());
        isStopped = true;
      };
      return { address, hostname: undefined, port: undefined, stop };
    }
    // `reusePort` is not in Bun's types; tests/assumptions/listening.test.ts holds it.
    const listener = Bun.listen({ ...target, ...options, ...(reusePort && { reusePort }) });
    const { hostname } = target;
    const { port } = listener;
    const address = formatAddress({ hostname, port });
    return { address, hostname, port, stop: () => listener.stop() };
  } catch (cause) {
    const why = describeSystemError(cause, "unix" in target ? fileReasons : listenReasons);
    const message = `Cannot listen on ${formatAddress(target)}: ${why}`;
    throw new TypewireError("listen-failed", message, { cause });
  }
}

/** Not in Bun's types; tests/assumptions/listening.test.ts holds it. */
function descriptorOf(socket: object): number {
  return "fd" in socket && typeof socket.fd === "number" ? socket.fd : 0;
}

/** The right to write a socket's file is the right to connect: what `create` creates is this user's alone, from the start. */
function ownersOnly<Created>(create: () => Created): Created {
  const umask = process.umask(0o177);
  try {
    return create();
  } finally {
    process.umask(umask);
  }
}
