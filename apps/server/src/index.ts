// The public face of @typewire/server.

export { serve, type ServeOptions } from "./serve.ts";
export { Server } from "./server.ts";
export type {
  ConnectionCap,
  Drained,
  DrainOptions,
  ServerConnection,
  ServerHandlers,
  ServerOptions,
} from "./server-options.ts";
export type { ServerStats } from "./server-stats.ts";
export type { ServerTlsOptions } from "./tls.ts";
