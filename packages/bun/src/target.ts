// Where a server listens and a client dials, as `serve` and `connect` are told it.

import { type SocketAddress, tellOption } from "@typewire/connection";
import { TypewireError } from "@typewire/protocol";

/** A TCP address or a Unix socket. */
export interface TargetOptions<Port extends number | undefined = number | undefined> {
  /** To listen: 0 picks a free one, and `server.port` tells which. Required unless `unix` is given. */
  readonly port?: Port;
  /** Default 127.0.0.1: what is not guarded stays on this machine. */
  readonly hostname?: string | undefined;
  /** The path of a Unix socket, instead of `port` and `hostname`. */
  readonly unix?: string | undefined;
}

/** The names of these options. */
export const targetOptions: readonly (keyof TargetOptions)[] = ["port", "hostname", "unix"];

/**
 * The address that the options name; `leastPort` is 0 where a free one may be picked.
 *
 * @throws TypewireError `option-invalid` naming the option that is missing, impossible or too many.
 */
export function targetOf({ port, hostname, unix }: TargetOptions, leastPort: 0 | 1): SocketAddress {
  if (unix !== undefined) {
    if (port === undefined && hostname === undefined) return { unix };
    throw new TypewireError("option-invalid", "unix: expected no port and hostname beside it");
  }
  if (port === undefined || !Number.isInteger(port) || port < leastPort || port > 65_535) {
    const received = tellOption(port);
    throw new TypewireError(
      "option-invalid",
      `port: expected ${leastPort} to 65535, got ${received}`,
    );
  }
  return { hostname: hostname ?? "127.0.0.1", port };
}
