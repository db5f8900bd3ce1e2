// The flags of typewire-server that guard it: what each takes, which need each other, and the options of
// `serve` that they come to. Files are only named here; they are read when the server starts.

import { readSecretFile, type ServerTlsOptions } from "@typewire/bun";
import {
  addSecretFlag,
  addTlsFileFlags,
  checkTlsFileFlags,
  type Command,
  requireBeside,
  type SecretFlags,
  type TlsFileFlags,
} from "@typewire/command";

import type { Guards } from "./exposure.ts";

/** The flags, read. */
export interface SecurityFlags extends TlsFileFlags, SecretFlags {
  readonly tlsRequireClientCert?: boolean;
  readonly insecure?: boolean;
}

/** Adds the flags to `command`, and returns it. */
export function addSecurityFlags(command: Command): Command {
  addTlsFileFlags(command, {
    cert: "speak TLS, with this certificate",
    ca: "the authorities of clients' certificates",
  }).option("--tls-require-client-cert", "turn away clients without a certificate of --tls-ca's");
  return addSecretFlag(command, "turn away clients that do not have this secret").option(
    "--insecure",
    "listen beyond this machine without TLS and --secret-file or client certificates",
  );
}

/** @throws UsageError where one of the flags lacks another. */
export function checkSecurityFlags(flags: SecurityFlags): void {
  checkTlsFileFlags(flags);
  const { tlsCert, tlsCa, tlsRequireClientCert: asks = false } = flags;
  requireBeside(tlsCa !== undefined, tlsCert !== undefined, "--tls-ca", "--tls-cert");
  requireBeside(asks, tlsCa !== undefined, "--tls-require-client-cert", "--tls-ca");
  requireBeside(tlsCa !== undefined, asks, "--tls-ca", "--tls-require-client-cert");
}

/** What the flags guard the server by. */
export function guardsOf(flags: SecurityFlags): Guards {
  return {
    tls: flags.tlsCert !== undefined,
    clientCert: flags.tlsRequireClientCert === true,
    secret: flags.secretFile !== undefined,
  };
}

/** The options of `serve`, and what to say about the secret's file. @throws TypewireError as `readSecretFile`. */
export function securityOptions(flags: SecurityFlags): {
  readonly tls?: ServerTlsOptions;
  readonly secret?: Uint8Array;
  readonly warnings: readonly string[];
} {
  const { tlsCert: certFile, tlsKey: keyFile, tlsCa: caFile } = flags;
  const read = flags.secretFile === undefined ? undefined : readSecretFile(flags.secretFile);
  return {
    ...(certFile !== undefined &&
      keyFile !== undefined && {
        tls: {
          certFile,
          keyFile,
          ...(caFile !== undefined && { caFile }),
          requireClientCert: flags.tlsRequireClientCert === true,
        },
      }),
    ...(read && { secret: read.secret }),
    warnings: read?.warnings ?? [],
  };
}
