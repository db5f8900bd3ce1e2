// Which source files the entries of a package reach, through the other packages of this repository, and
// what else they import. Reads files and changes none.

import { readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

/** What this needs of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** A package of this repository. */
export interface Workspace {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** One source file, and where it stands in the built package. */
export interface Module {
  readonly path: string;
  /** Below `src/`: the file's own place in the package that is built, and one folder for each other package. */
  readonly placedAt: string;
  readonly workspace: Workspace;
  /** Its text, with each import of a package of this repository turned into one of a file. */
  readonly text: string;
  /** What it imports from outside: `cbor-x/decode`, `node:fs`. */
  readonly external: readonly string[];
}

/**
 * An import as `bun fmt` lays it out: at the end of a statement of its own, or in `import("…")`. What
 * escapes this pattern escapes the copy as well, and the compiler then says that a file is missing.
 */
const SPECIFIER =
  /(^(?:import|export|\})(?:[^"\n]* from)? ?"|\bimport\(")((?:\.{1,2}\/|@?[a-z])[^"\s]*)"/gm;

/** Every module that the `exports` of `root` reach, in no particular order. */
export function modulesOf(root: Workspace, workspaces: readonly Workspace[]): readonly Module[] {
  const byName = new Map(workspaces.map((workspace) => [workspace.manifest.name, workspace]));
  const modules = new Map<string, Module>();
  const visit = (path: string, workspace: Workspace): void => {
    if (modules.has(path)) return;
    const placedAt = placeOf(path, workspace, root);
    const found: Target[] = [];
    const text = readFileSync(path, "utf8").replaceAll(
      SPECIFIER,
      (_, before: string, specifier: string) => {
        const target = resolve(specifier, path, workspace, byName);
        found.push(target);
        return `${before}${written(target, placedAt, root)}"`;
      },
    );
    const external = found.flatMap((target) => ("external" in target ? [target.external] : []));
    modules.set(path, { path, placedAt, workspace, text, external });
    for (const target of found) if ("path" in target) visit(target.path, target.workspace);
  };
  for (const entry of Object.values(root.manifest.exports ?? {})) {
    visit(join(root.folder, entry), root);
  }
  return [...modules.values()];
}

type Target =
  { readonly external: string } | { readonly path: string; readonly workspace: Workspace };

function resolve(
  specifier: string,
  from: string,
  workspace: Workspace,
  byName: ReadonlyMap<string, Workspace>,
): Target {
  if (specifier.startsWith(".")) return { path: join(dirname(from), specifier), workspace };
  const owner = byName.get(packageOf(specifier));
  if (owner === undefined) return { external: specifier };
  const entry = `.${specifier.slice(owner.manifest.name.length)}`;
  const file = owner.manifest.exports?.[entry];
  if (file === undefined) throw new Error(`${from}: ${owner.manifest.name} exports no ${entry}`);
  return { path: join(owner.folder, file), workspace: owner };
}

/** The package that an import names: `@sinclair/typebox` of `@sinclair/typebox/compiler`. */
export function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function placeOf(path: string, workspace: Workspace, root: Workspace): string {
  const inside = relative(join(workspace.folder, "src"), path);
  if (inside.startsWith("..")) throw new Error(`${path}: expected a file below src/`);
  return workspace === root ? inside : join(basename(workspace.folder), inside);
}

/** What is written between the quotes in the copy that stands at `placedAt`. */
function written(target: Target, placedAt: string, root: Workspace): string {
  if ("external" in target) return target.external;
  const place = placeOf(target.path, target.workspace, root).replace(/\.ts$/, ".js");
  const path = relative(dirname(placedAt), place);
  return path.startsWith(".") ? path : `./${path}`;
}
