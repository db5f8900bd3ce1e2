// What `serve` takes to speak TLS: the options, and the files that they name, read and tried. Apart from the
// class that uses them on sockets, because a user's declarations name these and must not need Bun's types.

import { aName, checkOption, checkOptions, type OptionChecks, yesOrNo } from "@typewire/connection";
import { TypewireError } from "@typewire/protocol";

import { readAuthorities, readIdentity } from "./pem-files.ts";
import { type TlsMaterial, tryHandshake } from "./trial-handshake.ts";

/** Which certificate the server shows, and whether it asks for the clients'. All paths are of PEM files. */
export interface ServerTlsOptions {
  /** The server's certificate, followed by those of its intermediate authorities. */
  readonly certFile: string;
  /** Its private key, without a passphrase. */
  readonly keyFile: string;
  /** The authorities that clients' certificates have to come from. Given with `requireClientCert`, and only then. */
  readonly caFile?: string;
  /**
   * Mutual TLS: a client without a certificate of `caFile`'s is turned away before a handler runs. Every
   * certificate of these authorities lets in: give them no other use. Default false: any client may connect.
   */
  readonly requireClientCert?: boolean;
}

const file = aName("the path of a file");

const known: OptionChecks<keyof ServerTlsOptions> = {
  certFile: file,
  keyFile: file,
  caFile: file,
  requireClientCert: yesOrNo,
};

/**
 * Reads the files that `options` name and tries a handshake with them in memory, as `reload` does: for a
 * program that would rather not start than refuse every client.
 *
 * @throws TypewireError (as a rejection) `option-invalid` naming the option or file that is not possible.
 */
export async function tryCertificates(options: ServerTlsOptions): Promise<void> {
  await tryHandshake(readMaterial(options).material, options.certFile);
}

/**
 * The files that `options` name, as Bun is given them, and what works but should not stay, as sentences.
 *
 * @throws TypewireError `option-invalid` naming the option or file that is not possible.
 */
export function readMaterial(options: ServerTlsOptions): {
  readonly material: TlsMaterial;
  readonly warnings: readonly string[];
} {
  checkOptions(options, known, "tls.");
  const { certFile, keyFile, caFile, requireClientCert = false } = options;
  // What came from an environment variable may be missing, whatever the types say.
  checkOption("tls.certFile", certFile, file);
  checkOption("tls.keyFile", keyFile, file);
  if (requireClientCert && caFile === undefined) {
    throw invalid(
      "requireClientCert: expected a caFile, the authorities of the clients' certificates",
    );
  }
  if (caFile !== undefined && !requireClientCert) {
    throw invalid(
      "caFile: expected requireClientCert beside it; without, no client is asked for a certificate",
    );
  }
  const { cert, key, warnings } = readIdentity(certFile, keyFile);
  const ca = caFile === undefined ? undefined : readAuthorities(caFile);
  return { material: { cert, key, ...(ca !== undefined && { ca }) }, warnings };
}

function invalid(message: string): TypewireError {
  return new TypewireError("option-invalid", `tls.${message}`);
}
