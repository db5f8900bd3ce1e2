// TLS for a listening server. Sockets are accepted as plain TCP and turned into TLS one by one, so each
// handshake uses the certificate of its moment, and a handshake that cannot begin is a closed socket,
// never a plaintext one (Bun.listen with empty `tls` options serves plaintext without a word, and has no
// way to change its certificate). ADR 0041.

import type { Clock, SocketUser } from "@typewire/connection";
import type { PeerCertificate, ServerCertificates } from "@typewire/server";

import { SecuredSocket, securedSocketHandlers } from "./secured-socket.ts";
import { readMaterial, type ServerTlsOptions } from "./server-tls-options.ts";
import { type TlsMaterial, tryHandshake } from "./trial-handshake.ts";

/** The server's certificate, and the handshakes that begin with it. How many may be under way is the server's to say. */
export class ServerTls implements ServerCertificates {
  readonly #options: ServerTlsOptions;
  readonly #clock: Clock;
  /** Nothing of it is ever undefined. */
  #material: TlsMaterial;
  #warnings: readonly string[];
  #reloads = 0;

  /** @throws TypewireError `option-invalid` naming the option or file that is not possible. */
  constructor(options: ServerTlsOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    const { material, warnings } = readMaterial(options);
    this.#material = material;
    this.#warnings = warnings;
  }

  /** What works but should not stay, of the files as they were last read: sentences for a log. */
  get warnings(): readonly string[] {
    return this.#warnings;
  }

  /**
   * Reads the files again and tries a handshake with them in memory; those that begin afterwards use them.
   * Connections that are open go on.
   *
   * @throws TypewireError (as a rejection) as the constructor, or where the handshake fails; what was in
   * use stays in use.
   */
  async reload(): Promise<void> {
    this.#reloads += 1;
    const reload = this.#reloads;
    const { material, warnings } = readMaterial(this.#options);
    await tryHandshake(material, this.#options.certFile);
    // A later one has read newer files.
    if (reload !== this.#reloads) return;
    this.#material = material;
    this.#warnings = warnings;
  }

  /**
   * Begins the handshake on an accepted socket. Its user hears of it when the peer is verified, or that it
   * is not. `userOf` is given what ends the socket in any state, and what tells the client's certificate, once
   * it was verified; where it names no user, the socket is closed.
   */
  accept(
    socket: Bun.Socket<unknown>,
    userOf: (
      cut: () => void,
      certificate: () => PeerCertificate | undefined,
    ) => SocketUser | undefined,
  ): void {
    let cut = (): void => socket.terminate();
    let certificate = (): PeerCertificate | undefined => undefined;
    const user = userOf(
      () => cut(),
      () => certificate(),
    );
    if (user === undefined) {
      socket.terminate();
      return;
    }
    const { requireClientCert = false } = this.#options;
    const secured = new SecuredSocket({
      user,
      clock: this.#clock,
      peerRole: "client",
      mustBeAuthorized: requireClientCert,
      hasCertificate: true,
    });
    cut = () => secured.cut();
    if (requireClientCert) certificate = () => secured.peerCertificate;
    const tls = {
      ...this.#material,
      requestCert: requireClientCert,
      rejectUnauthorized: requireClientCert,
      // Not in Bun's types; tests/assumptions/tls.test.ts holds it.
      isServer: true,
    };
    try {
      socket.upgradeTLS({ data: secured, tls, socket: securedSocketHandlers });
    } catch (error) {
      socket.terminate();
      secured.socketClosed(error instanceof Error ? error : undefined);
    }
  }
}
