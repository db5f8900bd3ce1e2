// Where a server listens and a client dials, as `serve` and `connect` are told it.

import {
  aName,
  type OptionCheck,
  type OptionChecks,
  type SocketAddress,
} from "@typewire/connection";
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

/** What is written otherwise would be looked up as a name, and not be found. */
const aHost: OptionCheck = {
  expected: "a host name or an address, without brackets, port and scheme",
  allows: (value) =>
    aName("").allows(value) &&
    /^(?:[^\s:/@[\]]+|[^\s:/@[\]]*:[^\s/@[\]]*:[^\s/@[\]]*)$/.test(value as string),
};

/** These options; `leastPort` is 0 where a free one may be picked. */
export function targetOptions(leastPort: 0 | 1): OptionChecks<keyof TargetOptions> {
  const isPort = (value: unknown): boolean =>
    Number.isInteger(value) && (value as number) >= leastPort && (value as number) <= 65_535;
  return {
    port: { expected: `${leastPort} to 65535`, allows: isPort },
    hostname: aHost,
    unix: aName("the path of a socket"),
  };
}

/**
 * The address that the options name, each of which `checks` allows. `prefix` is where they stand, for the error.
 *
 * @throws TypewireError `option-invalid` naming the option that is missing or too many.
 */
export function targetOf(
  { port, hostname, unix }: TargetOptions,
  checks: OptionChecks<keyof TargetOptions>,
  prefix = "",
): SocketAddress {
  if (unix !== undefined) {
    if (port === undefined && hostname === undefined) return { unix };
    throw new TypewireError(
      "option-invalid",
      `${prefix}unix: expected no port and hostname beside it`,
    );
  }
  if (port === undefined) {
    throw new TypewireError(
      "option-invalid",
      `${prefix}port: expected ${checks.port.expected}, got undefined`,
    );
  }
  return { hostname: hostname ?? "127.0.0.1", port };
}
