// Both ends prove that they have the same secret, without telling it: the exchange of docs/wire.md,
// "The shared secret", for one connection. Judges hellos and proofs and writes its own; when they travel,
// and what else is refused meanwhile, is the handshake's. Never sees the secret: the `SharedSecret` is
// made by a host package, which has the cryptography too.

import {
  type AnyMessage,
  type Codec,
  encodeHeader,
  type Hello,
  type Proof,
  type Role,
  TypewireError,
} from "@typewire/protocol";
import { controlFrame } from "@typewire/protocol/internal";

/** The least length of a secret that others are kept out by: fewer bytes can be guessed, of a connection from one exchange that was overheard; 32 random ones are advised. */
export const MIN_SECRET_BYTES = 16;

/** A secret that can be asked for a code over some bytes, but not for itself. */
export interface SharedSecret {
  /** HMAC-SHA-256 (RFC 2104, FIPS 180-4) of `bytes` under the secret: 32 bytes. */
  readonly hmacSha256: (bytes: Uint8Array) => Uint8Array;
  /** Unpredictable bytes, never the same again. */
  readonly randomBytes: (count: number) => Uint8Array;
}

/** The endpoint as an exchange sees it. */
export interface ExchangeEndpoint {
  readonly role: Role;
  readonly hello: Hello;
  readonly outgoing: Codec<AnyMessage>;
}

/** Of both ends' nonces: two connections never share a pair of hellos. */
export const NONCE_BYTES = 32;

/** The bytes under a code begin with the role of its maker, so that an end's own proof, sent back to it, proves nothing. */
const labels: Readonly<Record<Role, string>> = {
  server: "typewire secret 1: server\n",
  client: "typewire secret 1: client\n",
};

/** One connection's exchange. The client proves first, the server only to a client that has. */
export class SecretExchange {
  /** What this side says first: its hello with a nonce of this connection. */
  readonly helloFrame: Uint8Array;
  readonly #role: Role;
  readonly #secret: SharedSecret;
  /** The client's hello and the server's, as frames, once both are known. */
  #hellos: Uint8Array | undefined;

  constructor({ role, hello, outgoing }: ExchangeEndpoint, secret: SharedSecret) {
    this.#role = role;
    this.#secret = secret;
    const nonce = secret.randomBytes(NONCE_BYTES);
    this.helloFrame = controlFrame(outgoing, { ...hello, nonce });
  }

  /**
   * Takes the peer's hello, which came as `payload`. Returns what to answer, where it is our turn.
   *
   * @throws TypewireError `auth-required` for a peer that has no secret, `auth-failed` for a nonce that is none.
   */
  hear({ nonce }: Hello, payload: Uint8Array): Proof | undefined {
    if (nonce === undefined) {
      throw new TypewireError(
        "auth-required",
        `Cannot authenticate: the ${this.#role} asks for a shared secret, and the peer's $hello has no nonce`,
      );
    }
    if (nonce.length !== NONCE_BYTES) {
      throw authFailed(`expected a nonce of ${NONCE_BYTES} bytes, got ${nonce.length}`);
    }
    const peerFrame = concatenate(encodeHeader(payload.length), payload);
    this.#hellos =
      this.#role === "client"
        ? concatenate(this.helloFrame, peerFrame)
        : concatenate(peerFrame, this.helloFrame);
    return this.#role === "client" ? this.#proof(this.#hellos) : undefined;
  }

  /**
   * Judges the peer's proof. Returns what to answer, where it is our turn; the peer has the secret.
   *
   * @throws TypewireError `auth-failed` when it does not have it, or has said no hello before.
   */
  check({ mac }: Proof): Proof | undefined {
    const hellos = this.#hellos;
    if (hellos === undefined) throw authFailed("expected $hello before $proof");
    const peer = this.#role === "server" ? "client" : "server";
    if (!equalInConstantTime(mac, this.#mac(peer, hellos))) {
      throw authFailed(`the ${peer}'s proof is not one of this ${this.#role}'s secret`);
    }
    return this.#role === "server" ? this.#proof(hellos) : undefined;
  }

  #proof(hellos: Uint8Array): Proof {
    return { type: "$proof", mac: this.#mac(this.#role, hellos) };
  }

  #mac(prover: Role, hellos: Uint8Array): Uint8Array {
    return this.#secret.hmacSha256(concatenate(asciiOf(labels[prover]), hellos));
  }
}

/** Whether all bytes are equal, in a time that tells nothing about the first that is not. */
export function equalInConstantTime(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (let index = 0; index < left.length; index += 1) {
    difference |= (left[index] ?? 0) ^ (right[index] ?? 0);
  }
  return difference === 0;
}

function authFailed(detail: string): TypewireError {
  return new TypewireError("auth-failed", `Cannot authenticate: ${detail}`);
}

function asciiOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}
