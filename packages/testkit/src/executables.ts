// The two executables as they are deployed, built when missing or older than a source file, at most once in
// a run of the tests.

import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..", "..");

let built = false;

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
  const newestSource = Math.max(...sourceFiles().map((file) => statSync(file).mtimeMs));
  for (const name of ["server", "client"] as const) {
    const path = pathOf(name);
    if (existsSync(path) && statSync(path).mtimeMs >= newestSource) continue;
    const build = Bun.spawnSync([process.execPath, "run", "build"], {
      cwd: join(ROOT, "apps", name),
    });
    if (!build.success) throw new Error(`Cannot build typewire-${name}:\n${String(build.stderr)}`);
  }
}

/** Everything under `src` of every workspace but this one, which no executable contains. */
function sourceFiles(): string[] {
  return ["apps", "packages"]
    .flatMap((folder) => readdirSync(join(ROOT, folder)).map((name) => join(ROOT, folder, name)))
    .filter((workspace) => !workspace.endsWith("/testkit") && existsSync(join(workspace, "src")))
    .flatMap((workspace) => filesUnder(join(workspace, "src")));
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
