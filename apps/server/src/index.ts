// The public face of @typewire/server.

export { serve, type ServeOptions } from "./serve.ts";
export {
  type ConnectionCap,
  type Drained,
  type DrainOptions,
  Server,
  type ServerConnection,
  type ServerHandlers,
  type ServerOptions,
} from "./server.ts";
export type { ServerStats } from "./server-stats.ts";
export type { ServerTlsOptions } from "./tls.ts";
