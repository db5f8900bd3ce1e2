// The flags that guard either end of a connection, where both commands have the same: PEM files and the
// shared secret. Files are only named here; they are read when the command runs.

import { type Command, UsageError, valueFlag } from "./command-line.ts";
import { textValue } from "./flag-value.ts";

/** The flags of certificates, read: paths of PEM files. */
export interface TlsFileFlags {
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
}

/** The flag of the shared secret, read. */
export interface SecretFlags {
  readonly secretFile?: string;
}

const pemFile = textValue("the path of a PEM file");
const secretFile = textValue("the path of a file of at least 16 bytes");

/** `--tls-cert`, `--tls-key` and `--tls-ca`; `says` is what the certificate and the authorities are for. */
export function addTlsFileFlags(
  command: Command,
  says: { readonly cert: string; readonly ca: string },
): Command {
  return command
    .addOption(valueFlag("--tls-cert <path>", says.cert, pemFile))
    .addOption(valueFlag("--tls-key <path>", "its private key", pemFile))
    .addOption(valueFlag("--tls-ca <path>", says.ca, pemFile));
}

/** `--secret-file`; `says` is what happens to a peer without the secret. */
export function addSecretFlag(command: Command, says: string): Command {
  return command.addOption(valueFlag("--secret-file <path>", says, secretFile));
}

/** @throws UsageError where there is a certificate without its key, or a key without its certificate. */
export function checkTlsFileFlags({ tlsCert, tlsKey }: TlsFileFlags): void {
  requireBeside(tlsCert !== undefined, tlsKey !== undefined, "--tls-cert", "--tls-key");
  requireBeside(tlsKey !== undefined, tlsCert !== undefined, "--tls-key", "--tls-cert");
}

/** @throws UsageError where `flag` is given, and `other` is not. */
export function requireBeside(
  isGiven: boolean,
  hasOther: boolean,
  flag: string,
  other: string,
): void {
  if (isGiven && !hasOther) throw new UsageError(`${flag} needs ${other} beside it`);
}
