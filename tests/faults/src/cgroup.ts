// A limit on the memory of every server under test, where the machine lets a test set one (R9): the
// folder of a control group, made and limited by the caller.
//
//     mkdir /sys/fs/cgroup/memory/typewire
//     echo 256M > /sys/fs/cgroup/memory/typewire/memory.limit_in_bytes
//     bun run faults --cgroup /sys/fs/cgroup/memory/typewire

import { shell } from "./shell.ts";

/** What starts a server inside the group that `--cgroup` named; nothing without one. */
export function cgroupWrapper(): readonly string[] {
  const folder = process.env["TYPEWIRE_FAULTS_CGROUP"];
  return folder === undefined ? [] : shell(`echo $$ > '${folder}/cgroup.procs'; exec "$@"`);
}
