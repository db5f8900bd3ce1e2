// The public face of @typewire/backplane.

export type {
  Backplane,
  BackplaneEvent,
  BackplaneLine,
  BackplaneServer,
  BackplaneState,
  BackplaneStats,
  Gap,
} from "./backplane.ts";
export { embedded } from "./embedded.ts";
export { overTransport } from "./over-transport.ts";
export type { Stop, Transport, TransportStatus } from "./transport.ts";
