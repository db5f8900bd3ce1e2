/**
 * Processor time that `run` takes, in milliseconds. Unlike the time on the clock it does not grow when
 * the machine is busy with something else.
 */
export function cpuMilliseconds(run: () => unknown): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
