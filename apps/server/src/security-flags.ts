// The flags of typewire-server that guard it: what each takes, which need each other, and the options of
// `serve` that they come to. Files are only named here; they are read when the server starts.

import { readSecretFile, type ServerTlsOptions } from "@typewire/bun";
import { type Command, textValue, UsageError, valueFlag } from "@typewire/command";

import type { Guards } from "./exposure.ts";

export interface SecurityFlags {
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
  readonly tlsRequireClientCert?: boolean;
  readonly secretFile?: string;
  readonly insecure?: boolean;
}

const pemFile = textValue("the path of a PEM file");
const secretFile = textValue("the path of a file of at least 16 bytes");

export function addSecurityFlags(command: Command): Command {
  return command
    .addOption(valueFlag("--tls-cert <path>", "speak TLS, with this certificate", pemFile))
    .addOption(valueFlag("--tls-key <path>", "its private key", pemFile))
    .addOption(valueFlag("--tls-ca <path>", "the authorities of clients' certificates", pemFile))
    .option("--tls-require-client-cert", "turn away who shows no certificate of --tls-ca's")
    .addOption(
      valueFlag("--secret-file <path>", "turn away who does not have this secret", secretFile),
    )
    .option(
      "--insecure",
      "listen beyond this machine without TLS and --secret-file or client certificates",
    );
}

/** @throws UsageError where one of the flags lacks another. */
export function checkSecurityFlags(flags: SecurityFlags): void {
  need(flags.tlsCert !== undefined, flags.tlsKey !== undefined, "--tls-cert", "--tls-key");
  need(flags.tlsKey !== undefined, flags.tlsCert !== undefined, "--tls-key", "--tls-cert");
  need(flags.tlsCa !== undefined, flags.tlsCert !== undefined, "--tls-ca", "--tls-cert");
  const asks = flags.tlsRequireClientCert === true;
  need(asks, flags.tlsCa !== undefined, "--tls-require-client-cert", "--tls-ca");
  need(flags.tlsCa !== undefined, asks, "--tls-ca", "--tls-require-client-cert");
}

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

function need(isGiven: boolean, hasOther: boolean, flag: string, other: string): void {
  if (isGiven && !hasOther) throw new UsageError(`${flag} needs ${other} beside it`);
}
