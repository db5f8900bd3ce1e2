// The flags of typewire-client that guard its connection: what each takes, which need each other, and the
// options of `connect` that they come to. Each --tls-… flag asks for TLS, so none is ever without effect.

import { type ClientTlsOptions, readSecretFile } from "@typewire/bun";
import { type Command, textValue, UsageError, valueFlag } from "@typewire/command";

export interface SecurityFlags {
  readonly tls?: boolean;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsServerName?: string;
  readonly insecureSkipVerify?: boolean;
  readonly secretFile?: string;
}

const pemFile = textValue("the path of a PEM file");
const hostName = textValue("a name or an address");
const secretFile = textValue("the path of a file of at least 16 bytes");

export function addSecurityFlags(command: Command): Command {
  return command
    .option("--tls", "speak TLS, and only with a server whose certificate is good")
    .addOption(
      valueFlag("--tls-ca <path>", "the authorities to trust, for well-known ones", pemFile),
    )
    .addOption(valueFlag("--tls-cert <path>", "this client's certificate", pemFile))
    .addOption(valueFlag("--tls-key <path>", "its private key", pemFile))
    .addOption(
      valueFlag("--tls-server-name <name>", "whom the certificate names, if not HOST", hostName),
    )
    .option("--insecure-skip-verify", "speak TLS with whoever answers")
    .addOption(
      valueFlag("--secret-file <path>", "speak only with who has this secret", secretFile),
    );
}

/** @throws UsageError where flags lack or contradict each other. */
export function checkSecurityFlags(flags: SecurityFlags, unix: string | undefined): void {
  need(flags.tlsCert !== undefined, flags.tlsKey !== undefined, "--tls-cert", "--tls-key");
  need(flags.tlsKey !== undefined, flags.tlsCert !== undefined, "--tls-key", "--tls-cert");
  if (flags.insecureSkipVerify === true && flags.tlsCa !== undefined) {
    throw new UsageError(
      "--insecure-skip-verify and --tls-ca exclude each other; give one of them",
    );
  }
  if (unix !== undefined && wantsTls(flags)) {
    need(true, flags.tlsServerName !== undefined, "TLS over --unix", "--tls-server-name");
  }
}

/** The options of `connect`, and what to say about the secret's file. @throws TypewireError as `readSecretFile`. */
export function securityOptions(flags: SecurityFlags): {
  readonly tls?: true | ClientTlsOptions;
  readonly secret?: Uint8Array;
  readonly warnings: readonly string[];
} {
  const { tlsCa, tlsCert, tlsKey, tlsServerName, insecureSkipVerify } = flags;
  const options: ClientTlsOptions = {
    ...(tlsCa !== undefined && { caFile: tlsCa }),
    ...(tlsCert !== undefined && { certFile: tlsCert }),
    ...(tlsKey !== undefined && { keyFile: tlsKey }),
    ...(tlsServerName !== undefined && { serverName: tlsServerName }),
    ...(insecureSkipVerify === true && { insecureSkipVerify }),
  };
  const read = flags.secretFile === undefined ? undefined : readSecretFile(flags.secretFile);
  return {
    ...(wantsTls(flags) && { tls: Object.keys(options).length === 0 ? true : options }),
    ...(read && { secret: read.secret }),
    warnings: read?.warnings ?? [],
  };
}

function wantsTls(flags: SecurityFlags): boolean {
  const { tls, tlsCa, tlsCert, tlsServerName, insecureSkipVerify } = flags;
  const named = tlsCa ?? tlsCert ?? tlsServerName;
  return tls === true || named !== undefined || insecureSkipVerify === true;
}

function need(isGiven: boolean, hasOther: boolean, flag: string, other: string): void {
  if (isGiven && !hasOther) throw new UsageError(`${flag} needs ${other} beside it`);
}
