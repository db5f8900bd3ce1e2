// What a running process holds, as the kernel counts it.

import { readdirSync, readFileSync } from "node:fs";

export interface ProcessFigures {
  /** Resident memory. */
  readonly rssBytes: number;
  /** Open file descriptors. */
  readonly descriptors: number;
  /** Processor time spent so far. */
  readonly cpuMs: number;
}

const TICKS_PER_SECOND = 100;

/** The figures of process `pid`. Throws when it is gone. */
export function processFigures(pid: number): ProcessFigures {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const rssKiB = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
  // Fields 14 and 15; the name before them may hold spaces, but no closing parenthesis follows it.
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    rssBytes: rssKiB * 1024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    cpuMs: ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND,
  };
}
