// The public face of @typewire/observe.

export { health, readiness } from "./health.ts";
export { metrics } from "./metrics.ts";
export type { Observable, ObservedConnection } from "./observable.ts";
