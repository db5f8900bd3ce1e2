// Where a socket is, as its owner gives it and as people read it; and why the system refuses one.

/** A TCP address or the path of a Unix socket. */
export type SocketAddress =
  { readonly hostname: string; readonly port: number } | { readonly unix: string };

/** For people: `127.0.0.1:8080`, `[::1]:8080`, `unix:/run/x.sock`. */
export function formatAddress(address: SocketAddress): string {
  if ("unix" in address) return `unix:${address.unix}`;
  const { hostname, port } = address;
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** What a failed system call means, in words for its `code` where `reasons` has some: `connection refused (ECONNREFUSED)`. */
export function describeSystemError(
  error: unknown,
  reasons: Readonly<Record<string, string>>,
): string {
  if (!(error instanceof Error)) return "unknown reason";
  const code = "code" in error ? String(error.code) : "";
  const reason = reasons[code] ?? error.message;
  return code === "" ? reason : `${reason} (${code})`;
}
