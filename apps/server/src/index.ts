// The public face of @typewire/server.

export { serve, type ServeOptions } from "./serve.ts";
export {
  type DrainOptions,
  Server,
  type ServerConnection,
  type ServerHandlers,
  type ServerOptions,
} from "./server.ts";
