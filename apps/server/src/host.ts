// The address behind `--host`. Names are looked up before listening, so that `[LISTENING]` names the
// address actually bound and the warning for open networks looks at an address, not at a name.

import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { hostname as machineName } from "node:os";
import { TypewireError } from "@typewire/protocol";

/** The tutorial's `gethostbyname(gethostname())`. */
const autoHost = "auto";

/**
 * The numeric address of `host`, IPv4 where it has one; `auto` is the address of this machine's own name.
 * `port` is for the error.
 *
 * @throws TypewireError `listen-failed` when the name has no address.
 */
export async function resolveHost(host: string, port: number): Promise<string> {
  const name = host === autoHost ? machineName() : host;
  if (isIP(name) !== 0) return name;
  try {
    const addresses = await lookup(name, { all: true });
    const chosen = addresses.find(({ family }) => family === 4) ?? addresses[0];
    if (chosen !== undefined) return chosen.address;
  } catch (cause) {
    throw noAddress(name, port, cause);
  }
  throw noAddress(name, port);
}

/** Whether only this machine can reach `address` (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3). */
export function isLoopback(address: string): boolean {
  return address === "::1" || /^(?:::ffff:)?127\./i.test(address);
}

function noAddress(name: string, port: number, cause?: unknown): TypewireError {
  const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
  const message = `Cannot listen on ${name}:${port}: the name has no address${code}`;
  return new TypewireError("listen-failed", message, { cause });
}
