// The entrance for programs: `await connect(protocol, options, handlers)`.

import { Client, type ClientHandlers, type ClientOptions } from "@typewire/client";
import { type SocketAddress, systemClock } from "@typewire/connection";
import { type AnyProtocol, TypewireError } from "@typewire/protocol";

import { type ClientTlsOptions, type DialTls, dialTls } from "./client-tls.ts";
import { dial } from "./dial.ts";
import { printHandlerError } from "./print-handler-error.ts";
import { sharedSecret } from "./secret.ts";

export interface ConnectOptions<P extends AnyProtocol> extends ClientOptions<P> {
  /** Required unless `unix` is given. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly hostname?: string;
  /** The path of a Unix socket, instead of `port` and `hostname`. */
  readonly unix?: string;
  /**
   * Encrypts, and verifies that the server is the one dialled before anything is sent. True: its
   * certificate comes from a well-known authority and is for `hostname`; else see `ClientTlsOptions`.
   * Default: plaintext.
   */
  readonly tls?: true | ClientTlsOptions;
  /**
   * The server has to prove that it has this too, and so does the client to it, before anything else is
   * accepted; it never travels. At least 16 bytes; text counts as UTF-8. Default: any server will do.
   */
  readonly secret?: Uint8Array | string;
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
  const target = targetOf(options);
  const { tls, clock = systemClock, secret } = options;
  // Its files are read for each attempt: certificates that were replaced in between count.
  const material = (): DialTls | undefined =>
    tls === undefined ? undefined : dialTls(tls, "unix" in target ? undefined : target.hostname);
  // For mistakes in them, before anything is dialled.
  material();
  const client = new Client(protocol, target, options, handlers, {
    dial: async (address, user) => dial(address, user, material(), clock),
    ...(secret !== undefined && { secret: sharedSecret(secret) }),
    handlerFailed: printHandlerError,
  });
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
