// What an operator sees of the server: the listener of `--admin`, who may reach it, and what the log says of it.

import { readSecretFile } from "@typewire/bun";
import { type HttpListening, serveHttp } from "@typewire/bun/http";
import type { Address } from "@typewire/command";
import { formatAddress, MIN_SECRET_BYTES, withoutOuterBlanks } from "@typewire/connection";
import { TypewireError } from "@typewire/protocol";
import { admin, type Observable } from "@typewire/observe";

import { isLoopback, resolveHost } from "./host.ts";

/** The flags, read. */
export interface AdminFlags {
  readonly admin?: Address;
  readonly adminSecretFile?: string;
}

/** The listener that `--admin` asks for, not yet listening. */
export interface AdminPlan {
  /** Sentences for a log. */
  readonly warnings: readonly string[];
  /** @throws TypewireError `listen-failed` where it cannot listen. */
  start(server: Observable): HttpListening;
}

/**
 * What `--admin` asks for; undefined where it is not given.
 *
 * @throws TypewireError `option-invalid` where other machines could reach it and there is no secret, or where the
 * secret cannot be used; `listen-failed` where its host has no address.
 */
export async function planAdmin(flags: AdminFlags): Promise<AdminPlan | undefined> {
  if (flags.admin === undefined) return undefined;
  const { hostname, port } = flags.admin;
  const address = await resolveHost(hostname, port);
  const read =
    flags.adminSecretFile === undefined ? undefined : readSecretFile(flags.adminSecretFile);
  const length = read === undefined ? MIN_SECRET_BYTES : withoutOuterBlanks(read.secret).length;
  if (length < MIN_SECRET_BYTES) {
    throw new TypewireError(
      "option-invalid",
      `Cannot use the secret in ${flags.adminSecretFile}: expected at least ${MIN_SECRET_BYTES} bytes without the blanks at its ends, which HTTP drops, got ${length}`,
    );
  }
  const isOpen = !isLoopback(address);
  if (isOpen && read === undefined) {
    throw new TypewireError(
      "option-invalid",
      `--admin ${formatAddress({ hostname, port })} can be reached from other machines, and would tell them who is connected; give --admin-secret-file, or an address of this machine alone, such as 127.0.0.1:${port}`,
    );
  }
  const clear = "The secret of --admin travels unencrypted; put a proxy with TLS in front of it";
  return {
    warnings: [...(read?.warnings ?? []), ...(isOpen ? [clear] : [])],
    start(server) {
      const answer = admin(server, { hostname, ...(read && { secret: read.secret }) });
      return serveHttp({ hostname: address, port }, answer);
    },
  };
}
