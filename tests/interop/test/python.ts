// Starts the Python peers of tests/interop/python. They need Python's standard library only; what judges with
// cbor2 needs that as well. Where a machine has neither, `describePython` and `describeCbor2` do not run.

import { describe } from "bun:test";
import { join } from "node:path";

import { outsideTool, Program } from "@typewire/testkit";

const RUN_TIMEOUT_MS = 30_000;
export const PYTHON_FOLDER = join(import.meta.dir, "..", "python");

/** `describe`, for tests that start a peer in Python. */
export const describePython = describe.skipIf(outsideTool("python") === undefined);

/** `describe`, for tests that ask cbor2. */
export const describeCbor2 = describe.skipIf(outsideTool("cbor2") === undefined);

/** Starts tests/interop/python/<script>, unbuffered. */
export function startPython(script: string, ...args: readonly (string | number)[]): Program {
  const path = join(PYTHON_FOLDER, script);
  return new Program([outsideTool("python") ?? "", "-u", path, ...args.map(String)]);
}

/** Runs a script that asks cbor2 to its end and returns what it printed. */
export function askCbor2(script: string, input: string, ...args: readonly string[]): string {
  const command = [outsideTool("cbor2") ?? "", join(PYTHON_FOLDER, script), ...args];
  const run = Bun.spawnSync(command, { stdin: Buffer.from(input), timeout: RUN_TIMEOUT_MS });
  if (!run.success)
    throw new Error(`${script} failed:\n${String(run.stdout)}${String(run.stderr)}`);
  return run.stdout.toString();
}
