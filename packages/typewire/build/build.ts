// Builds what a user installs: `bun run pack` leaves `packages/typewire/dist/typewire.tgz`. The
// sources that the entries reach are copied into one tree, compiled, and packed with a manifest made for
// it (docs/decisions/0004). Publishes nothing.

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import {
  type Manifest,
  type Module,
  modulesOf,
  packageOf,
  type Workspace,
} from "./module-graph.ts";
import { readWorkspaces, ROOT } from "./workspaces.ts";

const PACKAGE = "typewire";

/** What of the workspace's own manifest is a user's as well. */
const FIELDS = [
  "name",
  "version",
  "description",
  "keywords",
  "license",
  "type",
  "sideEffects",
  "engines",
  "peerDependencies",
  "peerDependenciesMeta",
] as const;

const compilerOptions = {
  rootDir: "src",
  outDir: "dist",
  // What Node 22 reads as it stands; the one thing that it does not, `using`, is written out.
  target: "ES2024",
  lib: ["ESNext"],
  module: "NodeNext",
  types: ["bun"],
  declaration: true,
  declarationMap: true,
  sourceMap: true,
  verbatimModuleSyntax: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  // Declarations of cbor-x and of Bun are theirs.
  skipLibCheck: true,
};

/**
 * Builds the package in the folder `dist`, which it empties first, and returns the path of the tarball. The
 * folder is below the repository's, so that the compiler finds what is installed. Default: the workspace's.
 */
export function buildPackage(dist = join(ROOT, "packages", PACKAGE, "dist")): string {
  const workspaces = readWorkspaces();
  const root = workspaces.find(({ manifest }) => manifest.name === PACKAGE);
  if (root === undefined) throw new Error(`no workspace is called ${PACKAGE}`);
  const modules = modulesOf(root, workspaces);
  const folder = join(dist, "package");
  rmSync(dist, { recursive: true, force: true });

  for (const { placedAt, text } of modules) write(join(folder, "src", placedAt), text);
  write(join(folder, "package.json"), json(manifestOf(root, modules)));
  write(join(folder, "tsconfig.json"), json({ compilerOptions, include: ["src"] }));
  run([join(ROOT, "node_modules", ".bin", "tsc"), "--project", folder], folder);
  rmSync(join(folder, "tsconfig.json"));

  write(
    join(folder, "README.md"),
    withoutLocalLinks(readFileSync(join(ROOT, "README.md"), "utf8")),
  );
  for (const file of ["LICENSE", "CHANGELOG.md"]) cpSync(join(ROOT, file), join(folder, file));
  // Without a version in its name, so that a page may name it.
  const tarball = join(dist, `${PACKAGE}.tgz`);
  run([process.execPath, "pm", "pack", "--quiet", "--filename", tarball], folder);
  return tarball;
}

function manifestOf(root: Workspace, modules: readonly Module[]): Manifest {
  const kept = Object.fromEntries(FIELDS.map((field) => [field, root.manifest[field]]));
  const entries = Object.entries(root.manifest.exports ?? {}).map(([entry, source]) => {
    const path = source.replace(/^\.\/src\//, "./dist/").replace(/\.ts$/, "");
    return [entry, { types: `${path}.d.ts`, default: `${path}.js` }] as const;
  });
  return {
    ...kept,
    name: root.manifest.name,
    version: root.manifest.version,
    exports: { ...Object.fromEntries(entries), "./package.json": "./package.json" },
    files: ["dist", "src", "CHANGELOG.md"],
    dependencies: dependenciesOf(root, modules),
  };
}

/** Every package that is imported, in the version that its importer asks for; peers are the user's. */
function dependenciesOf(root: Workspace, modules: readonly Module[]): Record<string, string> {
  const dependencies: Record<string, string> = {};
  for (const { path, workspace, external } of modules) {
    for (const specifier of external) {
      const name = packageOf(specifier);
      if (name.startsWith("node:") || name in (root.manifest.peerDependencies ?? {})) continue;
      const range = workspace.manifest.dependencies?.[name];
      if (range === undefined) throw new Error(`${path}: its package does not depend on ${name}`);
      dependencies[name] = range;
    }
  }
  return dependencies;
}

/** The page outside the repository, where `docs/wire.md` is a name and no file. */
function withoutLocalLinks(page: string): string {
  return page.replaceAll(/(?<!!)\[([^\]]+)\]\((?!https?:|#)[^)]+\)/g, "$1");
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function run(command: readonly string[], cwd: string): void {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], { cwd });
  if (exitCode === 0) return;
  throw new Error(
    `${command.join(" ")}: exit ${exitCode}\n${stdout.toString()}${stderr.toString()}`,
  );
}

if (import.meta.main) console.log(buildPackage());
