// A TLS handshake in memory, of a server that shows a certificate with a client that accepts any: what is
// wrong with a certificate in a way that only a handshake shows (a key that no cipher fits, a signature that
// no client takes) is found before the certificate is used. Verifies nothing: that is the peers' affair.

import { Duplex } from "node:stream";
import { connect, TLSSocket } from "node:tls";
import { TypewireError } from "@typewire/protocol";

/** What a server needs for a handshake, as PEM. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  /** The authorities of clients' certificates. */
  readonly ca?: string;
}

/** A handshake in memory takes some 5 ms; on a busy machine more. */
const TRIAL_MS = 5_000;

/**
 * Resolves when a handshake with `material` has succeeded.
 *
 * @throws TypewireError (as a rejection) `option-invalid`, naming `certFile` and the reason.
 */
export async function tryHandshake(material: TlsMaterial, certFile: string): Promise<void> {
  const [ours, theirs] = memoryPair();
  const outcome = Promise.withResolvers<void>();
  const timer = setTimeout(() => outcome.reject(new Error("it does not end")), TRIAL_MS);
  try {
    const server = new TLSSocket(ours, { isServer: true, ...material });
    server.on("error", outcome.reject);
    const client = connect({ socket: theirs, rejectUnauthorized: false }, () => outcome.resolve());
    client.on("error", outcome.reject);
    await outcome.promise;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TypewireError(
      "option-invalid",
      `Cannot use ${certFile}: a TLS handshake with it fails: ${reason}`,
      { cause },
    );
  } finally {
    clearTimeout(timer);
    ours.destroy();
    theirs.destroy();
  }
}

/** Two streams, each of which reads what is written to the other. */
function memoryPair(): readonly [Duplex, Duplex] {
  const end = (other: () => Duplex): Duplex =>
    new Duplex({
      read() {},
      write(chunk: Uint8Array, _encoding, done) {
        other().push(chunk);
        done();
      },
      final(done) {
        other().push(null);
        done();
      },
    });
  const first: Duplex = end(() => second);
  const second: Duplex = end(() => first);
  return [first, second];
}
