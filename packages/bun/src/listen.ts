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

type PathAddress = Extract<SocketAddress, { readonly unix: string }>;
type PortAddress = Exclude<SocketAddress, PathAddress>;

/** The user of a socket that is closed at once. */
const noUser: SocketUser = {
  opened() {},
  receive() {},
  drained() {},
  peerEnded() {},
  socketClosed() {},
};

/** How sockets are accepted. */
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
export function listen(target: SocketAddress, accept: Accept, options: ListenOptions): Listening {
  const socket = handlersFor(target, accept, options);
  try {
    return "unix" in target
      ? listenAtPath(target, socket)
      : listenAtPort(target, socket, options.reusePort === true);
  } catch (cause) {
    const why = describeSystemError(cause, "unix" in target ? fileReasons : listenReasons);
    const message = `Cannot listen on ${formatAddress(target)}: ${why}`;
    throw new TypewireError("listen-failed", message, { cause });
  }
}

// Half-open in both, so that our queue survives the peer's end.

function listenAtPath(target: PathAddress, socket: Bun.SocketHandler<SocketUser>): Listening {
  const listener = ownersOnly(() => Bun.listen({ ...target, allowHalfOpen: true, socket }));
  const own = identityOf(target.unix);
  let isStopped = false;
  // Bun removes whatever is at the path.
  const stop = (): void => {
    if (!isStopped) stopAround(target.unix, own, () => listener.stop());
    isStopped = true;
  };
  return { address: formatAddress(target), hostname: undefined, port: undefined, stop };
}

function listenAtPort(
  target: PortAddress,
  socket: Bun.SocketHandler<SocketUser>,
  reusePort: boolean,
): Listening {
  // `reusePort` is not in Bun's types; tests/assumptions/listening.test.ts holds it.
  const options = { ...target, allowHalfOpen: true, socket, ...(reusePort && { reusePort }) };
  const listener = Bun.listen(options);
  const { hostname } = target;
  const { port } = listener;
  const address = formatAddress({ hostname, port });
  return { address, hostname, port, stop: () => listener.stop() };
}

/** What becomes of an accepted socket: with TLS a handshake, and then a user. */
function handlersFor(
  target: SocketAddress,
  accept: Accept,
  { tls, reservedFrom }: ListenOptions,
): Bun.SocketHandler<SocketUser> {
  let accepted = 0;
  const userOf = (
    socket: Bun.Socket<SocketUser>,
    cut: () => void,
    certificate?: () => PeerCertificate | undefined,
  ): SocketUser | undefined => {
    accepted += 1;
    return accept({
      name: "unix" in target ? `unix:${accepted}` : peerOf(socket),
      ipAddress: "unix" in target ? undefined : addressOf(socket),
      isBeyondLimit: descriptorOf(socket) >= reservedFrom,
      cut,
      ...(certificate && { certificate }),
    });
  };
  if (tls !== undefined) {
    // Until it is TLS a socket has no user and no `data` handler: nothing is read from it, or written.
    return {
      open(opened) {
        tls.accept(opened, (cut, certificate) => userOf(opened, cut, certificate));
      },
      drain() {},
      error: (failed) => failed.terminate(),
    };
  }
  return {
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
}

/** The peer's address, for people. */
function peerOf(socket: Bun.Socket<SocketUser>): string {
  return formatAddress({ hostname: addressOf(socket) ?? "unknown", port: socket.remotePort ?? 0 });
}

/**
 * The peer's IP address. A socket of both families, as that of the host `::`, has the address of an IPv4 peer
 * as one of IPv6, `::ffff:127.0.0.1`, which no allow-list of such addresses would know.
 */
function addressOf({ remoteAddress }: Bun.Socket<SocketUser>): string | undefined {
  return remoteAddress?.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");
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
