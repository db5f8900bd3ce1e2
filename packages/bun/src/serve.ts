// The entrance for programs: `serve(protocol, options, handlers)`.

import { type SocketAddress, systemClock } from "@typewire/connection";
import { type AnyProtocol, TypewireError } from "@typewire/protocol";
import { Server, type ServerHandlers, type ServerOptions } from "@typewire/server";

import { connectionCeiling, descriptorLimit } from "./descriptor-limit.ts";
import { listen } from "./listen.ts";
import { memoryLimit } from "./memory-limit.ts";
import { printHandlerError } from "./print-handler-error.ts";
import { sharedSecret } from "./secret.ts";
import { ServerTls, type ServerTlsOptions } from "./server-tls.ts";

export interface ServeOptions<P extends AnyProtocol> extends ServerOptions<P> {
  /** 0 picks a free one; `server.port` tells which. Required unless `unix` is given. */
  readonly port?: number;
  /** Default 127.0.0.1: traffic is neither encrypted nor authenticated, so it stays on this machine. */
  readonly hostname?: string;
  /** The path of a Unix socket, instead of `port` and `hostname`. */
  readonly unix?: string;
  /** Encrypts, and shows clients who the server is; see `ServerTlsOptions`. Default: plaintext. */
  readonly tls?: ServerTlsOptions;
  /**
   * Clients have to prove that they have this too, and so does the server to them, before anything else
   * is accepted; it never travels. At least 16 bytes; text counts as UTF-8. Default: anybody may talk.
   */
  readonly secret?: Uint8Array | string;
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
  return new Server(protocol, options, handlers, {
    listen: (accept) => listen(target, accept, tls),
    ...(tls && { certificates: tls }),
    ...(options.secret !== undefined && { secret: sharedSecret(options.secret) }),
    connectionCeiling: connectionCeiling(descriptorLimit()),
    ...memoryLimit(),
    handlerFailed: printHandlerError,
  });
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
