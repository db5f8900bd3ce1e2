// The public face of @typewire/client.

export type { ReconnectOptions } from "./backoff.ts";
export type { Client, ClientOf } from "./client.ts";
export { LiveClient } from "./live-client.ts";
export type { ClientHost } from "./client-host.ts";
export type { SocketAddresses } from "./servers.ts";
export { clientOptions } from "./client-options.ts";
export type {
  ClientConnection,
  ClientHandlers,
  ClientHandlersArgument,
  ClientObserver,
  ClientOptions,
  ClientState,
  ClientStats,
  ClientStatus,
  ToldGap,
} from "./client-options.ts";
