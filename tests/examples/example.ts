// Runs a program of examples/ as a user does, in a process of its own.

import { join } from "node:path";

import { Program } from "@typewire/testkit";

export const EXAMPLES = join(import.meta.dir, "..", "..", "examples");

/** `bun examples/FILE ARGUMENTS`, told by `PORT` where to listen or dial. */
export function run(file: string, port: number | string, ...args: readonly string[]): Program {
  const env = { PATH: process.env["PATH"] ?? "", LANG: "C.UTF-8", PORT: String(port) };
  return new Program([process.execPath, join(EXAMPLES, file), ...args], { env });
}

/** The program's first line that ends with a port, and the port. */
export async function portOf(program: Program): Promise<string> {
  const [, port = ""] = await program.stdout.line(/:(\d+)$/);
  return port;
}
