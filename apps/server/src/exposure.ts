// Which machines could reach this server, and what it would tell them: the rule that an address beyond this machine
// takes encryption and a proof of the client's identity, or a flag that says it may do without.

import { isLoopback } from "./host.ts";

/** How a server is guarded. */
export interface Guards {
  /** Traffic is encrypted, and clients can verify the server. */
  readonly tls: boolean;
  /** Clients have to show a certificate. */
  readonly clientCert: boolean;
  /** Both ends have to prove a shared secret. */
  readonly secret: boolean;
}

/**
 * What is open on `hostname` (undefined: a Unix socket), as a sentence that begins with what it is about:
 * the machines that can reach the address. Undefined where nothing is: only this machine reaches it, or traffic is
 * encrypted and clients prove their identity.
 */
export function exposureOf(hostname: string | undefined, guards: Guards): string | undefined {
  if (hostname === undefined || isLoopback(hostname)) return undefined;
  const anyone = !guards.clientCert && !guards.secret;
  if (guards.tls) return anyone ? "anyone who reaches it may connect" : undefined;
  return anyone
    ? "anyone who reaches it may connect, and anyone on the way can read and change what is said"
    : "anyone on the way can read what is said, and change it once the secret is proved";
}

/** What to give so that nothing is open any more: completes "give …". */
export function remedyOf(guards: Guards): string {
  const proof = "--secret-file, or --tls-require-client-cert with --tls-ca";
  if (!guards.tls) {
    return guards.secret ? "--tls-cert and --tls-key" : `--tls-cert, --tls-key and ${proof}`;
  }
  return proof;
}
