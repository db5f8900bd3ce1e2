// The packages of this repository, as the `workspaces` of the root's package.json find them.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

import type { Manifest, Workspace } from "./module-graph.ts";

/** The repository's own folder. */
export const ROOT = join(import.meta.dir, "..", "..", "..");

/** Every workspace, in no particular order. */
export function readWorkspaces(): readonly Workspace[] {
  const { workspaces } = readManifest(ROOT) as { readonly workspaces?: readonly string[] };
  return (workspaces ?? []).flatMap((pattern) =>
    [...new Bun.Glob(join(pattern, "package.json")).scanSync({ cwd: ROOT })].map((found) => {
      const folder = dirname(join(ROOT, found));
      return { folder, manifest: readManifest(folder) };
    }),
  );
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}
