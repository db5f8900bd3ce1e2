// The public face of @typewire/observe.

export { admin, type AdminOptions } from "./admin.ts";
export { health, readiness } from "./health.ts";
export { metrics } from "./metrics.ts";
export { live } from "./page/live.ts";
export { page } from "./page/page.ts";
export type { Observable, ObservedConnection } from "./observable.ts";
