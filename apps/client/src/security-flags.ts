// The flags of typewire-client that guard its connection: what each takes, which need each other, and the
// options of `connect` that they come to. Each --tls-… flag asks for TLS, so none is ever without effect.

import { type ClientTlsOptions, readSecretFile } from "@typewire/bun";
import {
  addSecretFlag,
  addTlsFileFlags,
  checkTlsFileFlags,
  type Command,
  requireBeside,
  type SecretFlags,
  textValue,
  type TlsFileFlags,
  UsageError,
  valueFlag,
} from "@typewire/command";

/** The flags, read. */
export interface SecurityFlags extends TlsFileFlags, SecretFlags {
  readonly tls?: boolean;
  readonly tlsServerName?: string;
  readonly insecureSkipVerify?: boolean;
}

const hostName = textValue("a name or an address");

/** Adds the flags to `command`, and returns it. */
export function addSecurityFlags(command: Command): Command {
  command.option("--tls", "speak TLS, and only with a server whose certificate is good");
  addTlsFileFlags(command, {
    cert: "this client's certificate",
    ca: "the authorities to trust, for well-known ones",
  })
    .addOption(
      valueFlag("--tls-server-name <name>", "whom the certificate names, if not HOST", hostName),
    )
    .option("--insecure-skip-verify", "speak TLS with any server that answers");
  return addSecretFlag(command, "speak only with a server that has this secret");
}

/** @throws UsageError where flags lack or contradict each other. */
export function checkSecurityFlags(flags: SecurityFlags, unix: string | undefined): void {
  checkTlsFileFlags(flags);
  if (flags.insecureSkipVerify === true && flags.tlsCa !== undefined) {
    throw new UsageError(
      "--insecure-skip-verify and --tls-ca exclude each other; give one of them",
    );
  }
  if (unix !== undefined && wantsTls(flags)) {
    requireBeside(true, flags.tlsServerName !== undefined, "TLS over --unix", "--tls-server-name");
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
