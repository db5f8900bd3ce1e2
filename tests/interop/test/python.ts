// Starts the Python peers of tests/interop/python. A machine without cbor2 fails these tests with the sentence
// that says what to install; it never skips them.

import { join } from "node:path";

import { Program } from "@typewire/testkit";

const RUN_TIMEOUT_MS = 10_000;
const SCRIPTS = join(import.meta.dir, "..", "python");

/** Prints where it is, or fails: too old, or without cbor2. */
const PROBE = "import sys, cbor2; assert sys.version_info >= (3, 11); print(sys.executable)";

let interpreter: string | undefined;

/** The Python of this machine that has cbor2. */
export function pythonWithCbor2(): string {
  interpreter ??= findPython(["python3", "/usr/bin/python3"]);
  return interpreter;
}

/** The first of these interpreters that is Python 3.11 with cbor2, as an absolute path. */
export function findPython(candidates: readonly string[]): string {
  for (const candidate of candidates.filter((name) => Bun.which(name) !== null)) {
    const probe = Bun.spawnSync([candidate, "-c", PROBE], { stderr: "ignore" });
    if (probe.success) return probe.stdout.toString().trim();
  }
  throw new Error(
    "These tests need Python 3.11 with cbor2: apt-get install -y python3-cbor2 " +
      "(elsewhere: python3 -m pip install cbor2)",
  );
}

/** Starts tests/interop/python/<script>, unbuffered, from the folder that it stands in. */
export function startPython(script: string, ...args: readonly (string | number)[]): Program {
  return new Program([pythonWithCbor2(), "-u", join(SCRIPTS, script), ...args.map(String)]);
}

/** Runs tests/interop/python/<script> to its end and returns what it printed. */
export function runPython(script: string, input: string, ...args: readonly string[]): string {
  const command = [pythonWithCbor2(), join(SCRIPTS, script), ...args];
  const run = Bun.spawnSync(command, { stdin: Buffer.from(input), timeout: RUN_TIMEOUT_MS });
  if (!run.success)
    throw new Error(`${script} failed:\n${String(run.stdout)}${String(run.stderr)}`);
  return run.stdout.toString();
}
