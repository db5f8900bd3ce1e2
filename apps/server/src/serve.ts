// The entrance for programs: `serve(protocol, options, handlers)`.

import { type SocketAddress, systemClock } from "@typewire/connection";
import { type AnyProtocol, TypewireError } from "@typewire/protocol";

import { listen } from "./listen.ts";
import { Server } from "./server.ts";
import type { ServerHandlers, ServerOptions } from "./server-options.ts";
import { ServerTls, type ServerTlsOptions } from "./tls.ts";

export interface ServeOptions<P extends AnyProtocol> extends ServerOptions<P> {
  /** 0 picks a free one; `server.port` tells which. Required unless `unix` is given. */
  readonly port?: number;
  /** Default 127.0.0.1: traffic is neither encrypted nor authenticated, so it stays on this machine. */
  readonly hostname?: string;
  /** The path of a Unix socket, instead of `port` and `hostname`. */
  readonly unix?: string;
  /** Encrypts, and shows clients who the server is; see `ServerTlsOptions`. Default: plaintext. */
  readonly tls?: ServerTlsOptions;
}

/**
 * Serves `protocol`: listens at once and calls `handlers` with what clients send.
 *
 * @throws TypewireError `option-invalid` naming the option or handler that is not possible;
 * `listen-failed` naming the address and the reason.
 */
export function serve<P extends AnyProtocol>(
  protocol: P,
  options: ServeOptions<P>,
  handlers: ServerHandlers<P>,
): Server<P> {
  const target = targetOf(options);
  const tls =
    options.tls === undefined
      ? undefined
      : new ServerTls(options.tls, options.clock ?? systemClock);
  return new Server(protocol, options, handlers, (accept) => listen(target, accept, tls), tls);
}

function targetOf({ port, hostname, unix }: ServeOptions<AnyProtocol>): SocketAddress {
  if (unix !== undefined) {
    if (port === undefined && hostname === undefined) return { unix };
    throw new TypewireError("option-invalid", "unix: expected no port and hostname beside it");
  }
  if (port === undefined || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new TypewireError("option-invalid", `port: expected 0 to 65535, got ${port}`);
  }
  return { hostname: hostname ?? "127.0.0.1", port };
}
