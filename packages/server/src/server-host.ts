// What a server takes from the host it runs on: a way to listen, and what that host knows. Types only.

import type { EndHost, SharedSecret, SocketUser } from "@typewire/connection";

/** A certificate that a client has shown, and an authority vouches for. */
export interface PeerCertificate {
  /** The distinguished name by its attributes: `{ CN: "worker-3", O: "Example" }` (RFC 4514 §3). */
  readonly subject: Readonly<Record<string, string>>;
  /** The other names: `DNS:worker-3.example, IP Address:10.0.0.7`; undefined where there are none. */
  readonly subjectAltName: string | undefined;
  /** SHA-256 of the whole, in upper-case hexadecimal pairs with colons. */
  readonly fingerprint256: string;
}

/** A socket that has just been accepted. */
export interface Accepted {
  /** The peer's, for a log. */
  readonly name: string;
  /** The peer's; undefined on a Unix socket. */
  readonly ipAddress: string | undefined;
  /** What the peer has shown in its TLS handshake, once that is over. Absent: it was not asked. */
  readonly certificate?: () => PeerCertificate | undefined;
  /** Whether it takes what the host keeps for something else. */
  readonly isBeyondLimit: boolean;
  /** Ends the socket at once, during the TLS handshake too; its user is told that it is gone. */
  cut(): void;
}

/** Returns the user of an accepted socket; undefined closes it at once. */
export type Accept = (accepted: Accepted) => SocketUser | undefined;

/** A listening socket. */
export interface Listening {
  /** The address bound, for people: `127.0.0.1:8080`, `[::1]:8080`, `unix:/run/x.sock`. */
  readonly address: string;
  /** Both undefined for a Unix socket. */
  readonly hostname: string | undefined;
  readonly port: number | undefined;
  /** Accepts no more; sockets that are open go on. Idempotent. */
  stop(): void;
}

/** The certificate that a server shows, where it speaks TLS. */
export interface ServerCertificates {
  /** What works but should not stay, of the files as they were last read: sentences for a log. */
  readonly warnings: readonly string[];
  /**
   * Reads the files again, and tries them; handshakes that begin afterwards use them.
   *
   * @throws TypewireError (as a rejection) `option-invalid` naming the file that cannot be used; the old ones
   * stay in use.
   */
  reload(): Promise<void>;
}

/** What a server takes from the host that it runs on. */
export interface ServerHost extends EndHost {
  /**
   * Listens before it returns.
   *
   * @throws TypewireError `listen-failed`, naming the address and the reason.
   */
  readonly listen: (accept: Accept) => Listening;
  /** Absent where the server speaks plaintext. */
  readonly certificates?: ServerCertificates;
  /** The secret that clients have to prove. Absent: any client may talk. */
  readonly secret?: SharedSecret;
  /** Sockets that this process can hold at once, those of refused peers included. Absent: no limit is known. */
  readonly sockets?: number;
  /** The memory that this process may have. Absent: no limit is known. */
  readonly memoryLimitBytes?: number;
}
