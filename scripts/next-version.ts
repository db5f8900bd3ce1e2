// Makes the next version of what the changesets say: `bun run next-version`. The changes go to CHANGELOG.md, and
// every workspace gets the version of `typewire`, which alone has changesets. Publishes nothing.

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { readWorkspaces, ROOT } from "../packages/typewire/build/workspaces.ts";

/** Where changesets keeps the changelog, and where this repository does. */
const ITS_CHANGELOG = join(ROOT, "packages", "typewire", "CHANGELOG.md");
const OUR_CHANGELOG = join(ROOT, "CHANGELOG.md");

function versionOfTypewire(): string {
  const found = readWorkspaces().find(({ manifest }) => manifest.name === "typewire");
  if (found === undefined) throw new Error("no workspace is called typewire");
  return found.manifest.version;
}

/** The text of a package.json with its own version, and those of its siblings that it names, replaced. */
function withVersion(text: string, before: string, after: string): string {
  return text
    .replace(`"version": "${before}"`, `"version": "${after}"`)
    .replaceAll(
      new RegExp(`("@typewire/[\\w-]+": )"${RegExp.escape(before)}"`, "g"),
      `$1"${after}"`,
    );
}

function run(...command: readonly string[]): void {
  const { exitCode } = Bun.spawnSync([...command], {
    cwd: ROOT,
    stdio: ["inherit", "inherit", "inherit"],
  });
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: exit ${exitCode}`);
}

const before = versionOfTypewire();
renameSync(OUR_CHANGELOG, ITS_CHANGELOG);
try {
  run(process.execPath, "node_modules/@changesets/cli/bin.js", "version");
} finally {
  renameSync(ITS_CHANGELOG, OUR_CHANGELOG);
}
const after = versionOfTypewire();
for (const folder of [ROOT, ...readWorkspaces().map((workspace) => workspace.folder)]) {
  const path = join(folder, "package.json");
  writeFileSync(path, withVersion(readFileSync(path, "utf8"), before, after));
}
const declared = join(ROOT, "packages", "observe", "src", "version.ts");
writeFileSync(declared, readFileSync(declared, "utf8").replace(`"${before}"`, `"${after}"`));
run(process.execPath, "install");
console.log(`${before} → ${after}`);
