// How many connections this process can hold. A listener that runs out of file descriptors spins on
// `accept` without a word, so the cap stands below the limit, never at it.

/** Kept for files, pipes, timers and connections that are just being refused. */
const reservedDescriptors = 128;

/** `ulimit -n` as Bun has set it at start (soft raised to hard), or Infinity where there is no such limit. */
export function descriptorLimit(): number {
  const report: unknown = process.report.getReport();
  const { userLimits } = report as { userLimits?: { open_files?: { soft?: number | string } } };
  const soft = Number(userLimits?.open_files?.soft);
  return Number.isFinite(soft) ? soft : Number.POSITIVE_INFINITY;
}

/** The most connections that fit under `limit` descriptors. */
export function connectionCeiling(limit: number): number {
  return Math.max(1, limit - Math.min(reservedDescriptors, Math.floor(limit / 2)));
}
