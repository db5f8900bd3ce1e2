// How many sockets this process can hold. Bun's listener spins on `accept` without a word once no file
// descriptor is left, so a server never goes there: it counts what is open when it starts, and keeps some
// in reserve.

import { closeSync, openSync, readdirSync } from "node:fs";

/** Kept for what a process opens while it serves: files that are read again, look-ups, the program's own. */
const MOST_RESERVED = 128;
const LEAST_RESERVED = 4;
const RESERVED_SHARE = 1 / 8;

/** Counted as open where the system does not say: Bun and the standard streams take nine. */
const ASSUMED_OPEN = 32;

/** What the descriptors of this process allow to a server. Infinity where there is no such limit. */
export interface Descriptors {
  /** Sockets that may be open at once, whatever state they are in. */
  readonly sockets: number;
  /** An accepted socket with this descriptor or a higher one takes from the reserve. */
  readonly reservedFrom: number;
}

/** What `limit` descriptors allow of which `open` are in use. */
export function shareDescriptors(limit: number, open: number): Descriptors {
  const share = Math.floor(limit * RESERVED_SHARE);
  const reserved = Math.min(MOST_RESERVED, Math.max(LEAST_RESERVED, share));
  return {
    sockets: Math.max(0, limit - open - reserved),
    // Sockets within `sockets` lie below. The system gives the lowest descriptor that is free, so a
    // higher one shows that the rest of the process has opened more than it had at the start.
    reservedFrom: limit - Math.floor(reserved / 2),
  };
}

/** What this process may use, as it is now. */
export function descriptors(): Descriptors {
  const limit = descriptorLimit();
  return shareDescriptors(limit, limit === Infinity ? 0 : openDescriptors());
}

/** Whether a descriptor below `most` is free: the system gives the lowest. */
export function hasDescriptorsBelow(most: number): boolean {
  if (most === Infinity) return true;
  try {
    const descriptor = openSync("/dev/null", "r");
    closeSync(descriptor);
    return descriptor < most;
  } catch {
    return false;
  }
}

/** `ulimit -n` as Bun has set it at start (soft raised to hard), or Infinity where there is no such limit. */
export function descriptorLimit(): number {
  const report: unknown = process.report.getReport();
  const { userLimits } = report as { userLimits?: { open_files?: { soft?: number | string } } };
  const soft = Number(userLimits?.open_files?.soft);
  return Number.isFinite(soft) ? soft : Number.POSITIVE_INFINITY;
}

/** How many descriptors are open, the one that counts them included: a listener takes its place. */
function openDescriptors(): number {
  try {
    return readdirSync("/dev/fd").length;
  } catch {
    return ASSUMED_OPEN;
  }
}
