// TLS for a dialling client: its options, checked, and what Bun is given for one attempt. Verification is
// on unless an option with the word insecure says otherwise; NODE_TLS_REJECT_UNAUTHORIZED has no say,
// because `rejectUnauthorized` is always set. The handshake itself is `SecuredSocket`'s.

import { aName, checkOption, checkOptions, type OptionChecks, yesOrNo } from "@typewire/connection";
import { TypewireError } from "@typewire/protocol";

import { readAuthorities, readIdentity } from "./pem-files.ts";

/** How the server is verified, and the certificate that this client shows. All paths are of PEM files. */
export interface ClientTlsOptions {
  /** The authorities to trust, instead of the well-known ones that Bun ships. */
  readonly caFile?: string;
  /** This client's certificate, for servers that ask for one; with `keyFile`. */
  readonly certFile?: string;
  /** Its private key, without a passphrase. */
  readonly keyFile?: string;
  /** The name that the server's certificate has to be for. Default `hostname`; required with `unix`. */
  readonly serverName?: string;
  /** Talks to any server that answers: encrypted, but perhaps the wrong one. For tests. Default false. */
  readonly insecureSkipVerify?: boolean;
}

/** What Bun is given for one attempt; `rejectUnauthorized` makes it effective whatever else is absent. */
export interface DialTls {
  readonly rejectUnauthorized: boolean;
  readonly serverName: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

const file = aName("the path of a file");

const known: OptionChecks<keyof ClientTlsOptions> = {
  caFile: file,
  certFile: file,
  keyFile: file,
  serverName: aName("a host name"),
  insecureSkipVerify: yesOrNo,
};

/**
 * Reads the files that `options` names, for one attempt: certificates that were replaced in between count.
 * `hostname` is whom the client dials; undefined for a Unix socket.
 *
 * @throws TypewireError `option-invalid` naming the option or file that is not possible.
 */
export function dialTls(options: true | ClientTlsOptions, hostname: string | undefined): DialTls {
  const {
    caFile,
    certFile,
    keyFile,
    serverName,
    insecureSkipVerify = false,
  } = options === true ? {} : checked(options);
  const name = serverName ?? hostname;
  if (name === undefined) {
    throw invalid(
      "serverName: expected the name in the server's certificate; a Unix socket has none",
    );
  }
  if (certFile !== undefined && keyFile === undefined)
    throw invalid("keyFile: expected one beside certFile");
  if (keyFile !== undefined && certFile === undefined)
    throw invalid("certFile: expected one beside keyFile");
  const identity =
    certFile === undefined || keyFile === undefined ? undefined : readIdentity(certFile, keyFile);
  return {
    rejectUnauthorized: !insecureSkipVerify,
    serverName: name,
    ...(caFile !== undefined && { ca: readAuthorities(caFile) }),
    ...(identity && { cert: identity.cert, key: identity.key }),
  };
}

/** The options, none of them undefined: what came from an environment variable may be missing, whatever the types say. */
function checked(options: ClientTlsOptions): ClientTlsOptions {
  if (Object.keys(options).length === 0) {
    throw invalid("expected true or at least one option, got an empty object", "");
  }
  checkOptions(options, known, "tls.");
  for (const name of Object.keys(options) as (keyof ClientTlsOptions)[]) {
    checkOption(`tls.${name}`, options[name], known[name]);
  }
  return options;
}

function invalid(message: string, separator = "."): TypewireError {
  return new TypewireError(
    "option-invalid",
    separator === "" ? `tls: ${message}` : `tls.${message}`,
  );
}
