// Addresses as people write them: `HOST:PORT`, `[::1]:8080`, `:8080`, `8080`, `HOST`.
// Names are not looked up here. A bare `::1` is refused: `::1:80` could be an address or one with a
// port, so IPv6 addresses come in brackets, as in a URL (RFC 3986 §3.2.2).

import type { FlagValue } from "./flag-value.ts";

/** Where a command listens, or dials. */
export interface Address {
  readonly hostname: string;
  readonly port: number;
}

/** The address in `text`, with `fallback` for the part that it leaves out; undefined when it is not one. */
export function parseAddress(text: string, fallback: Address, leastPort = 1): Address | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|([\w.-]*))(?::(\d{1,5}))?$/.exec(text);
  if (match === null || text === "") return undefined;
  const [, ipv6, name = "", portText] = match;
  if (ipv6 === undefined && portText === undefined && /^\d+$/.test(name)) {
    return withPort(fallback.hostname, name, fallback.port, leastPort);
  }
  return withPort(
    ipv6 ?? (name === "" ? fallback.hostname : name),
    portText,
    fallback.port,
    leastPort,
  );
}

/** The address of a server to dial. Port 0 is refused: nothing listens there. */
export function addressValue(fallback: Address): FlagValue<Address> {
  return {
    takes: "HOST:PORT, HOST, :PORT, PORT or [IPV6]:PORT, with a port from 1 to 65535",
    parse: (text) => parseAddress(text, fallback),
  };
}

/** An address to listen at; port 0 picks a free one. */
export function listenAddressValue(fallback: Address): FlagValue<Address> {
  return {
    takes: "HOST:PORT, HOST, :PORT, PORT or [IPV6]:PORT, with a port from 0 to 65535",
    parse: (text) => parseAddress(text, fallback, 0),
  };
}

/** The path of a Unix socket; `sockaddr_un` holds 107 bytes and a NUL (unix(7)). */
export const socketPathValue: FlagValue<string> = {
  takes: "the path of a Unix socket, at most 107 bytes",
  parse: (text) => (text !== "" && new TextEncoder().encode(text).length <= 107 ? text : undefined),
};

function withPort(
  hostname: string,
  portText: string | undefined,
  fallbackPort: number,
  leastPort: number,
): Address | undefined {
  const port = portText === undefined ? fallbackPort : Number(portText);
  return port >= leastPort && port <= 65_535 ? { hostname, port } : undefined;
}
