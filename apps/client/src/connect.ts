// The entrance for programs: `await connect(protocol, options, handlers)`.

import type { SocketAddress } from "@typewire/connection";
import { type AnyProtocol, TypewireError } from "@typewire/protocol";

import { Client } from "./client.ts";
import type { ClientHandlers, ClientOptions } from "./client-options.ts";

export interface ConnectOptions<P extends AnyProtocol> extends ClientOptions<P> {
  /** Required unless `unix` is given. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly hostname?: string;
  /** The path of a Unix socket, instead of `port` and `hostname`. */
  readonly unix?: string;
}

/**
 * Connects to a server of `protocol` and calls `handlers` with what it sends. Resolves once the server's
 * first valid message has come: a socket that opens proves nothing. From then on a lost connection is
 * dialled again, for ever unless `reconnect` is false; the first attempt is not repeated.
 *
 * @throws TypewireError (as a rejection) `connect-failed` naming address and reason, `connect-timeout`,
 * or what was wrong with the server's first bytes: `protocol-mismatch`, `header-invalid`, …
 * @throws TypewireError (as a rejection) `option-invalid` naming the option or handler that is not possible.
 */
export async function connect<P extends AnyProtocol>(
  protocol: P,
  options: ConnectOptions<P>,
  handlers: ClientHandlers<P>,
): Promise<Client<P>> {
  const client = new Client(protocol, targetOf(options), options, handlers);
  await client.start();
  return client;
}

function targetOf({ port, hostname, unix }: ConnectOptions<AnyProtocol>): SocketAddress {
  if (unix !== undefined) {
    if (port === undefined && hostname === undefined) return { unix };
    throw new TypewireError("option-invalid", "unix: expected no port and hostname beside it");
  }
  if (port === undefined || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new TypewireError("option-invalid", `port: expected 1 to 65535, got ${port}`);
  }
  return { hostname: hostname ?? "127.0.0.1", port };
}
