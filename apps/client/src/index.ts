// The public face of @typewire/client.

export type { ReconnectOptions } from "./backoff.ts";
export { Client } from "./client.ts";
export type {
  ClientConnection,
  ClientHandlers,
  ClientOptions,
  ClientState,
  ClientStatus,
} from "./client-options.ts";
export { connect, type ConnectOptions } from "./connect.ts";
export type { ClientTlsOptions } from "./tls.ts";
