// What `serve` and `connect` share to guard a connection, and the files it takes. Uses Bun and node:crypto;
// `@typewire/connection` stays without host APIs and gets what it needs handed in.

export { describeTlsError } from "./describe-tls-error.ts";
export { environmentWarnings } from "./environment.ts";
export { type Identity, readAuthorities, readIdentity } from "./pem-files.ts";
export {
  HANDSHAKE_DEADLINE_MS,
  SecuredSocket,
  securedSocketHandlers,
  type SecuredSocketOptions,
} from "./secured-socket.ts";
export { MIN_SECRET_BYTES, readSecretFile, type SecretFile, sharedSecret } from "./secret.ts";
