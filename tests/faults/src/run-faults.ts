// `bun run faults [--clients N] [--cgroup DIR] [--tls] [--tenfold] [-t PATTERN]`: the rows of the fault list
// with more well-behaved clients around them than CI has, or with a limit on the servers' memory
// (cgroup.ts). With as many clients as CI has: `--tls` runs rows F, L, B and K over TLS (tls.ts), row T10;
// `--tenfold` every attack ten times over, and compares memory (tenfold.ts).

import { join } from "node:path";
import { parseArgs } from "node:util";

import { makeCertificates } from "./tls.ts";

/** Rows F, L, B and K: every server in these files is a process of its own, reached by `connectPeer`. */
const TLS_FILES = ["framing", "lifecycle", "slow-readers", "calls", "call-servers"] as const;

const { values } = parseArgs({
  options: {
    clients: { type: "string" },
    cgroup: { type: "string" },
    tls: { type: "boolean", default: false },
    tenfold: { type: "boolean", default: false },
    "test-name-pattern": { type: "string", short: "t" },
  },
});
const clients = values.clients ?? (values.tls || values.tenfold ? undefined : "1000");
if (clients !== undefined && !(Number(clients) >= 2)) {
  console.error(`faults: --clients: expected 2 or more, got ${clients}`);
  process.exit(2);
}
const pattern = values["test-name-pattern"];
const folder = join(import.meta.dir, "..", "test");
const secured = values.tls ? makeCertificates() : undefined;
const tests = Bun.spawnSync(
  [
    process.execPath,
    "test",
    // What a row of the tenfold form does is mostly to wait.
    ...(values.tenfold ? ["--parallel=2"] : []),
    ...(values.tls ? TLS_FILES.map((name) => join(folder, `${name}.test.ts`)) : [folder]),
    ...(pattern === undefined ? [] : ["-t", pattern]),
  ],
  {
    env: {
      ...process.env,
      ...(clients !== undefined && { TYPEWIRE_FAULTS_CLIENTS: clients }),
      ...secured?.env,
      ...(values.tenfold && { TYPEWIRE_FAULTS_TENFOLD: "1" }),
      ...(values.cgroup !== undefined && { TYPEWIRE_FAULTS_CGROUP: values.cgroup }),
    },
    stdio: ["inherit", "inherit", "inherit"],
  },
);
secured?.certificates[Symbol.dispose]();
process.exit(tests.exitCode);
