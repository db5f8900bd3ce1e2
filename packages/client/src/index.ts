// The public face of @typewire/client.

export type { ReconnectOptions } from "./backoff.ts";
export { Client } from "./client.ts";
export type { ClientHost } from "./client-host.ts";
export type {
  ClientConnection,
  ClientHandlers,
  ClientOptions,
  ClientState,
  ClientStatus,
} from "./client-options.ts";
