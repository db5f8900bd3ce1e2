// `bun run faults [--clients N] [--cgroup DIR] [-t PATTERN]`: the rows of the fault list with more
// well-behaved clients around them than CI has, or with a limit on the servers' memory (cgroup.ts).

import { join } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    clients: { type: "string", default: "1000" },
    cgroup: { type: "string" },
    "test-name-pattern": { type: "string", short: "t" },
  },
});
if (!(Number(values.clients) >= 2)) {
  console.error(`faults: --clients: expected 2 or more, got ${values.clients}`);
  process.exit(2);
}
const pattern = values["test-name-pattern"];
const tests = Bun.spawnSync(
  [
    process.execPath,
    "test",
    join(import.meta.dir, "..", "test"),
    ...(pattern === undefined ? [] : ["-t", pattern]),
  ],
  {
    env: {
      ...process.env,
      TYPEWIRE_FAULTS_CLIENTS: values.clients,
      ...(values.cgroup !== undefined && { TYPEWIRE_FAULTS_CGROUP: values.cgroup }),
    },
    stdio: ["inherit", "inherit", "inherit"],
  },
);
process.exit(tests.exitCode);
