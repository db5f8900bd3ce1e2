// The files of this repository, without git: a tree that was copied, or unpacked from an archive, has none.

import { readdirSync } from "node:fs";
import { join } from "node:path";

import { ROOT } from "./markdown.ts";

/** Folders that installing, building and running make. */
const MADE = new Set([
  ".git",
  ".turbo",
  ".cache",
  "node_modules",
  "dist",
  "coverage",
  "__pycache__",
]);

/** Paths from the root of all files that are ours, sorted. */
export function repositoryFiles(folder = ""): readonly string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (!entry.isDirectory()) return [path];
      return MADE.has(entry.name) ? [] : repositoryFiles(path);
    })
    .toSorted();
}

/** The text of a file by its path from the root; undefined where it is no text. */
export async function textOf(path: string): Promise<string | undefined> {
  const bytes = await Bun.file(join(ROOT, path)).bytes();
  return bytes.includes(0) ? undefined : new TextDecoder().decode(bytes);
}
