// What the commands and tests need of @typewire/connection, and programs do not. It may change in any version.

export {
  type AnyLimitRow,
  constantRows,
  type LimitName,
  limitRows,
  optionRows,
} from "./limit-rows.ts";
export {
  type ConnectionLimits,
  defaultConnectionLimits,
  internalLimits,
  resolveLimits,
} from "./limits.ts";
export { usualCloseCodes } from "./close-reason.ts";
export { expectedInsteadOf } from "./options.ts";
export { printable } from "./printable.ts";
export { noStats } from "./stats.ts";
