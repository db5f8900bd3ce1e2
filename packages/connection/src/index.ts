// The public face of @typewire/connection.

export type { ByteSocket } from "./byte-socket.ts";
export { type Cancel, type Clock, systemClock } from "./clock.ts";
export { type CloseCode, type CloseReason, describeCloseReason } from "./close-reason.ts";
export { Connection, type ConnectionState, type Farewell } from "./connection.ts";
export {
  createEndpoint,
  type Endpoint,
  type EndpointHooks,
  type EndpointOptions,
  type Received,
  type Sent,
} from "./endpoint.ts";
export type { Handlers, Lifecycle, MessageHandlers } from "./handlers.ts";
export { type ConnectionLimits, defaultConnectionLimits, resolveLimits } from "./limits.ts";
export type { Observer } from "./observer.ts";
export { describeThrown, oneLine } from "./text.ts";
