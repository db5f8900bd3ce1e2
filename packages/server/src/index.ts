// The public face of @typewire/server.

export { Server } from "./server.ts";
export type { Accept, Listening, ServerCertificates, ServerHost } from "./server-host.ts";
export type {
  ConnectionCap,
  Drained,
  DrainOptions,
  ServerConnection,
  ServerHandlers,
  ServerOptions,
  ServerStats,
} from "./server-options.ts";
