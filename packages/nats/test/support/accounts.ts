// Credentials as a NATS with accounts takes them, made for a test: an operator, one account of his, and users of it.

import { nkeys } from "@nats-io/transport-node";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const encoded = (value: object | Uint8Array): string =>
  Buffer.from(value instanceof Uint8Array ? value : JSON.stringify(value)).toString("base64url");

export class Accounts {
  readonly #operator = nkeys.createOperator();
  readonly #account = nkeys.createAccount();

  /** What the configuration of a NATS says of them. */
  get config(): string {
    const operator = this.#jwt(this.#operator.getPublicKey(), this.#operator, { type: "operator" });
    const account = this.#account.getPublicKey();
    const any = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, conn: -1, leaf: -1 };
    const claims = { type: "account", limits: { ...any, wildcards: true } };
    const jwt = this.#jwt(account, this.#operator, claims);
    return `operator: "${operator}"\nresolver: MEMORY\nresolver_preload: { ${account}: "${jwt}" }`;
  }

  /** What stands in a file `.creds` of a new user, who is known for so many seconds. */
  credentials(seconds = 3600): string {
    const user = nkeys.createUser();
    const expires = Math.floor(Date.now() / 1000) + seconds;
    const any = { subs: -1, data: -1, payload: -1 };
    const jwt = this.#jwt(user.getPublicKey(), this.#account, { type: "user", ...any }, expires);
    return [
      "-----BEGIN NATS USER JWT-----",
      jwt,
      "------END NATS USER JWT------",
      "",
      "-----BEGIN USER NKEY SEED-----",
      text(user.getSeed()),
      "------END USER NKEY SEED------",
      "",
    ].join("\n");
  }

  #jwt(subject: string, issuer: nkeys.KeyPair, claims: object, expires?: number): string {
    const body = {
      jti: "test",
      iat: Math.floor(Date.now() / 1000),
      iss: issuer.getPublicKey(),
      sub: subject,
      name: "test",
      ...(expires !== undefined && { exp: expires }),
      nats: { version: 2, ...claims },
    };
    const signed = `${encoded({ typ: "JWT", alg: "ed25519-nkey" })}.${encoded(body)}`;
    return `${signed}.${encoded(issuer.sign(new TextEncoder().encode(signed)))}`;
  }
}
