// The public face of @typewire/bun: `serve` and `connect`, and what a command needs to offer their options.

export type { ClientTlsOptions } from "./client-tls.ts";
export { connect, type ConnectOptions } from "./connect.ts";
export { environmentWarnings } from "./environment.ts";
export { type NamedFile, readNamedFile } from "./named-file.ts";
export { readSecretFile, type SecretFile } from "./secret.ts";
export { serve, type ServeOptions } from "./serve.ts";
export { type ServerTlsOptions, tryCertificates } from "./server-tls-options.ts";
export { removeStaleSocket } from "./stale-socket.ts";
