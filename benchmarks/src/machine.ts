// Where and with what a run was made, because a figure without it says nothing. Names the hardware and
// the versions, never the host or a path.

import { arch, availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly bun: string;
  /** What `node` is here, for the peers that run on it; "none" where there is no Node. */
  readonly node: string;
  readonly python: string;
  /** The commit measured; with "+ changes" where the working tree differs from it. */
  readonly commit: string;
  /** One, five and fifteen minutes, before the run: above the number of cores, trust the ratios only. */
  readonly load: readonly number[];
  readonly descriptors: number | "unlimited";
  /** ISO 8601. */
  readonly date: string;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()} ${arch()}`,
    bun: `${Bun.version} (${Bun.revision.slice(0, 9)})`,
    node: firstLine(["node", "--version"]) ?? "none",
    python: firstLine(["python3", "--version"]) ?? "none",
    commit: commit(),
    load: loadavg().map((load) => Math.round(load * 100) / 100),
    descriptors: descriptorLimit(),
    date: new Date().toISOString(),
  };
}

/** How many files and sockets this process and its children may have open. */
export function descriptorLimit(): number | "unlimited" {
  const limit = firstLine(["sh", "-c", "ulimit -n"]) ?? "";
  return /^\d+$/.test(limit) ? Number(limit) : "unlimited";
}

function commit(): string {
  const hash = firstLine(["git", "rev-parse", "--short=12", "HEAD"]);
  if (hash === undefined) return "not in a repository";
  return firstLine(["git", "status", "--porcelain"]) === undefined ? hash : `${hash} + changes`;
}

/** The first line that a command prints; undefined where it fails, is missing or prints nothing. */
function firstLine(command: readonly [string, ...string[]]): string | undefined {
  if (Bun.which(command[0]) === null) return undefined;
  const { exitCode, stdout } = Bun.spawnSync([...command], {
    cwd: import.meta.dir,
    stderr: "ignore",
  });
  const line = stdout.toString().trim().split("\n")[0] ?? "";
  return exitCode === 0 && line !== "" ? line : undefined;
}
