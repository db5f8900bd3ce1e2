// Programs of others that a few tests need, and no other test does: the peers in another language and the
// outside judges. Where one is missing its tests are not run, and `bun run test` says so in its last lines.
// In CI (CI is set) every test has to run: there a missing one is an error.

export type OutsideTool =
  "python" | "cbor2" | "prometheus" | "openssl" | "nats-server" | "chromium";

interface Tool {
  /** What its tests are, for a human. */
  readonly tests: string;
  /** What to type on Debian. */
  readonly install: string;
  /** The command that uses it, where this machine has it. */
  readonly find: () => string | undefined;
}

const PROBE_PYTHON = "import sys, ssl; assert sys.version_info >= (3, 11); print(sys.executable)";

const tools: Readonly<Record<OutsideTool, Tool>> = {
  python: {
    tests: "the peers in Python",
    install: "apt-get install -y python3",
    find: () => findPython(PROBE_PYTHON),
  },
  cbor2: {
    tests: "the verdicts of Python's cbor2",
    install: "apt-get install -y python3-cbor2",
    find: () => findPython(`import cbor2; ${PROBE_PYTHON}`),
  },
  prometheus: {
    tests: "what Prometheus's own Python parser reads in a scrape",
    install: "apt-get install -y python3-prometheus-client",
    find: () => findPython(`import prometheus_client.parser; ${PROBE_PYTHON}`),
  },
  openssl: {
    tests: "handshakes with the openssl command, and the commands of docs/security.md",
    install: "apt-get install -y openssl",
    find: () => Bun.which("openssl") ?? undefined,
  },
  "nats-server": {
    tests: "several servers on a real NATS",
    install: "apt-get install -y nats-server",
    find: () => Bun.which("nats-server", { PATH: withSystemPrograms() }) ?? undefined,
  },
  chromium: {
    tests: "the live page in a browser",
    install: "apt-get install -y chromium",
    find: () => Bun.which("chromium") ?? undefined,
  },
};

const found = new Map<OutsideTool, string | undefined>();

/** The command that uses this tool, or undefined where this machine has none. Throws in CI instead. */
export function outsideTool(name: OutsideTool): string | undefined {
  if (!found.has(name)) found.set(name, tools[name].find());
  const command = found.get(name);
  if (command === undefined && isCi())
    throw new Error(`In CI every test has to run: ${notRun(name)}`);
  return command;
}

/** For each tool that is missing: which tests are not run, and what to install. Throws in CI instead. */
export function missingTools(): readonly string[] {
  const names = Object.keys(tools) as OutsideTool[];
  return names.filter((name) => outsideTool(name) === undefined).map(notRun);
}

function notRun(name: OutsideTool): string {
  const { tests, install } = tools[name];
  return `${tests} (${install})`;
}

/** The path, and beside each `bin` its `sbin`, where Debian puts servers and the path of a user does not lead. */
function withSystemPrograms(): string {
  const path = process.env["PATH"] ?? "";
  return `${path}:${path.replaceAll(/\/bin(?=:|$)/g, "/sbin")}`;
}

function isCi(): boolean {
  return !["", "0", "false", undefined].includes(process.env["CI"]);
}

/** The first Python of this machine that runs this to its end; what it printed is its path. */
function findPython(probe: string): string | undefined {
  if (Bun.which("python3") === null) return undefined;
  // The system's has what the system's packages bring, and another may stand in front of it.
  for (const candidate of ["python3", "/usr/bin/python3"]) {
    if (Bun.which(candidate) === null) continue;
    const { success, stdout } = Bun.spawnSync([candidate, "-c", probe], { stderr: "ignore" });
    if (success) return stdout.toString().trim();
  }
  return undefined;
}
