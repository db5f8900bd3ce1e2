// The TLS handshake of one socket, at either end: the user of the socket hears of it only once the peer is
// verified, so that nothing can be sent or received before, and hears why when it is not. Bun calls
// `open`, and resolves its connect promise, before the handshake, and drops what is written there.

import type { Cancel, Clock, SocketUser } from "@typewire/connection";
import { TypewireError } from "@typewire/protocol";
import type { PeerCertificate } from "@typewire/server";

import { describeTlsError, isCertificateFault } from "./describe-tls-error.ts";

/** How long a handshake may take. Answers peers that connect and stay silent, or stop half-way. */
const HANDSHAKE_DEADLINE_MS = 5_000;

/** Below these nothing is spoken: 1.0 and 1.1 are deprecated (RFC 8996). */
const accepted: ReadonlySet<string | null> = new Set(["TLSv1.2", "TLSv1.3"]);

/** What a handshake is judged by. */
export interface SecuredSocketOptions {
  readonly user: SocketUser;
  readonly clock: Clock;
  /** What the other end is. */
  readonly peerRole: "server" | "client";
  /** Whether the peer has to show a certificate that the given authorities vouch for. */
  readonly mustBeAuthorized: boolean;
  /** Whether we show one ourselves; says which advice a refusal comes with. */
  readonly hasCertificate: boolean;
}

/**
 * | in          | when                              | then        | and the user       |
 * | ----------- | --------------------------------- | ----------- | ------------------ |
 * | handshaking | the handshake, and it satisfies   | open        | opened             |
 * | handshaking | it does not, an end, the deadline | over        | socketClosed: why  |
 * | open        | a server's end or alert before    | over        | socketClosed: why  |
 * |             | any byte: it has refused us       |             |                    |
 * | open        | anything else                     |             | hears it as it is  |
 * | open        | the close                         | over        | socketClosed       |
 */
export class SecuredSocket {
  readonly #options: SecuredSocketOptions;
  #state: "handshaking" | "open" | "over" = "handshaking";
  #hasHeard = false;
  #socket: Bun.Socket<SecuredSocket> | undefined;
  #deadline: Cancel | undefined;

  constructor(options: SecuredSocketOptions) {
    this.#options = options;
  }

  opened(socket: Bun.Socket<SecuredSocket>): void {
    this.#socket = socket;
    this.#deadline = this.#options.clock.after(HANDSHAKE_DEADLINE_MS, () => {
      this.#fail(socket, `no TLS handshake within ${HANDSHAKE_DEADLINE_MS} ms`);
    });
  }

  handshaken(socket: Bun.Socket<SecuredSocket>, isComplete: boolean, error: Error | null): void {
    if (this.#state !== "handshaking") return;
    const objection = this.#objectionTo(socket, isComplete, error);
    if (objection !== undefined) {
      this.#fail(socket, objection);
      return;
    }
    this.#settle("open");
    this.#options.user.opened(socket);
  }

  /** What the peer has shown, once it was verified. */
  get peerCertificate(): PeerCertificate | undefined {
    return this.#state === "open" ? certificateOf(this.#socket?.getPeerCertificate()) : undefined;
  }

  /** Ends the socket at once, whatever state it is in. */
  cut(): void {
    if (this.#socket !== undefined) this.#fail(this.#socket, "this side cut the connection");
  }

  receive(chunk: Uint8Array): void {
    if (this.#state !== "open") return;
    this.#hasHeard = true;
    this.#options.user.receive(chunk);
  }

  drained(): void {
    if (this.#state === "open") this.#options.user.drained();
  }

  peerEnded(socket: Bun.Socket<SecuredSocket>): void {
    const { peerRole, user } = this.#options;
    if (this.#state === "handshaking") {
      this.#fail(socket, `the ${peerRole} ended the connection during the TLS handshake`);
    } else if (this.#state === "open") {
      if (this.#wasRefused) this.#fail(socket, this.#refusal);
      else user.peerEnded();
    }
  }

  socketClosed(error: Error | undefined): void {
    if (this.#state === "over") return;
    const { peerRole, user } = this.#options;
    const isEarly = this.#state === "handshaking";
    const detail = isEarly
      ? `the ${peerRole} ended the connection during the TLS handshake`
      : this.#refusal;
    const wasRefused = this.#wasRefused;
    this.#settle("over");
    user.socketClosed(isEarly || wasRefused ? tlsFailed(detail) : error);
  }

  /** TLS broke, or a bug of ours: it costs this socket only. */
  failed(socket: Bun.Socket<SecuredSocket>, error: Error): void {
    const isTls = "code" in error && error.code === "EPROTO";
    this.#fail(socket, isTls ? describeTlsError(error, this.#options.peerRole) : undefined, error);
  }

  /** Why this handshake is not good enough; undefined when it is. */
  #objectionTo(
    socket: Bun.Socket<SecuredSocket>,
    isComplete: boolean,
    error: Error | null,
  ): string | undefined {
    const { peerRole, mustBeAuthorized } = this.#options;
    const isAuthorized = socket.authorized;
    // For a wrong host Bun calls a handshake incomplete also where no verification was asked for, and lets it go on.
    const isDone = isComplete || (!mustBeAuthorized && isCertificateFault(error));
    if (!isDone || (mustBeAuthorized && !isAuthorized)) {
      return describeTlsError(error ?? socket.getAuthorizationError(), peerRole);
    }
    const version = socket.getTLSVersion();
    return accepted.has(version)
      ? undefined
      : `the connection speaks ${version}, not TLS 1.2 or 1.3`;
  }

  /** A server that ends without a word has, with TLS 1.3, looked at our certificate after we saw it agree. */
  get #wasRefused(): boolean {
    return this.#state === "open" && this.#options.peerRole === "server" && !this.#hasHeard;
  }

  get #refusal(): string {
    const cause = this.#options.hasCertificate
      ? "it may not accept this client's certificate"
      : "it may ask for a client certificate, and this client has none";
    return `the server ended the connection after the TLS handshake without a word; ${cause}`;
  }

  #fail(socket: Bun.Socket<SecuredSocket>, detail: string | undefined, error?: Error): void {
    if (this.#state === "over") return;
    this.#settle("over");
    socket.terminate();
    this.#options.user.socketClosed(detail === undefined ? error : tlsFailed(detail));
  }

  #settle(state: "open" | "over"): void {
    this.#state = state;
    this.#deadline?.();
  }
}

/** The handlers of every socket whose `data` is a `SecuredSocket`. */
export const securedSocketHandlers: Bun.SocketHandler<SecuredSocket> = {
  open: (socket) => socket.data.opened(socket),
  handshake: (socket, isComplete, error) => socket.data.handshaken(socket, isComplete, error),
  data: (socket, chunk) => socket.data.receive(chunk),
  drain: (socket) => socket.data.drained(),
  end: (socket) => socket.data.peerEnded(socket),
  close: (socket, error) => socket.data.socketClosed(error),
  error: (socket, error) => socket.data.failed(socket, error),
};

/** What a handler may know of a certificate; undefined for what Bun gives where there is none. */
function certificateOf(shown: unknown): PeerCertificate | undefined {
  const { subject, subjectaltname, fingerprint256 } = (shown ?? {}) as {
    readonly subject?: Readonly<Record<string, string>>;
    readonly subjectaltname?: string;
    readonly fingerprint256?: string;
  };
  if (subject === undefined || fingerprint256 === undefined) return undefined;
  return { subject: { ...subject }, subjectAltName: subjectaltname, fingerprint256 };
}

function tlsFailed(detail: string): TypewireError {
  return new TypewireError("tls-failed", `No TLS connection: ${detail}`);
}
