// The two executables that the tests run against, built once per run when missing or older than a
// source file. Starting them here means: port 0, loopback, nothing inherited from this environment.

import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

import { Program } from "@typewire/testkit";

const ROOT = join(import.meta.dir, "..", "..");
const SOURCES = ["apps", "packages"].flatMap((folder) =>
  readdirSync(join(ROOT, folder)).map((name) => join(ROOT, folder, name, "src")),
);

let built = false;

/** A running `typewire-server` and the port that it took. */
export interface RunningServer extends AsyncDisposable {
  readonly program: Program;
  readonly port: number;
}

/** Starts `typewire-server` on a free loopback port and waits until it listens. */
export async function startServer(...flags: readonly string[]): Promise<RunningServer> {
  const program = new Program([executable("server"), "--port", "0", "--lang", "en", ...flags]);
  const [, port] = await program.stderr.line(/\[LISTENING\].*127\.0\.0\.1:(\d+)/);
  return {
    program,
    port: Number(port),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

/** Starts `typewire-client` towards a loopback port. */
export function startClient(port: number, ...flags: readonly string[]): Program {
  return new Program([executable("client"), `127.0.0.1:${port}`, "--lang", "en", ...flags]);
}

/** The path of `typewire-server` or `typewire-client`, up to date. */
export function executable(name: "server" | "client"): string {
  if (!built) buildOutdated();
  built = true;
  return pathOf(name);
}

function pathOf(name: "server" | "client"): string {
  return join(ROOT, "apps", name, "dist", `typewire-${name}`);
}

function buildOutdated(): void {
  const newestSource = Math.max(
    ...SOURCES.flatMap(filesUnder).map((file) => statSync(file).mtimeMs),
  );
  for (const name of ["server", "client"] as const) {
    const path = pathOf(name);
    if (existsSync(path) && statSync(path).mtimeMs >= newestSource) continue;
    const build = Bun.spawnSync([process.execPath, "run", "build"], {
      cwd: join(ROOT, "apps", name),
    });
    if (!build.success) throw new Error(`Cannot build typewire-${name}:\n${String(build.stderr)}`);
  }
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
