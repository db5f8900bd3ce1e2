// What `serve` takes to speak TLS. Apart from the class that does it, because a user's declarations name
// these options and must not need Bun's own types for them.

/** Which certificate the server shows, and whether it asks for the clients'. All paths are of PEM files. */
export interface ServerTlsOptions {
  /** The server's certificate, followed by those of its intermediate authorities. */
  readonly certFile: string;
  /** Its private key, without a passphrase. */
  readonly keyFile: string;
  /** The authorities that clients' certificates have to come from. Given with `requireClientCert`, and only then. */
  readonly caFile?: string;
  /**
   * Mutual TLS: whoever shows no certificate of `caFile`'s is turned away before a handler runs. Every
   * certificate of these authorities lets in: give them no other use. Default false: anybody may connect.
   */
  readonly requireClientCert?: boolean;
}
