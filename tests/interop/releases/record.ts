// Records what this release puts on the wire, before the next one changes anything.
//
//     bun run record:release [FOLDER]
//
// Builds the executables where they are out of date, plays every scene with them and writes one file for
// each into FOLDER (default: fixtures/<version> beside this file), with provenance.json beside them.

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { executable } from "@typewire/testkit";

import { scenes } from "./scenes.ts";
import { Stage } from "./stage.ts";

const version = run(executable("server"), "--version").replace("typewire-server ", "");
const folder = resolve(process.argv[2] ?? join(import.meta.dir, "fixtures", version));
const executables = {
  server: { path: executable("server") },
  client: { path: executable("client") },
};

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const scene of scenes) {
  const recording = await Stage.record(scene, executables);
  const file = `${scene.name.replaceAll(/[^a-z]+/gi, "-")}.json`;
  writeFileSync(join(folder, file), `${JSON.stringify(recording, undefined, 2)}\n`);
  console.log(file);
}
const provenance = {
  version,
  commit: run("git", "rev-parse", "HEAD"),
  date: new Date().toISOString().slice(0, 10),
  bun: Bun.version,
  platform: `${process.platform}-${process.arch}`,
  recapture: "check out the commit, copy tests/interop/releases into it, bun run record:release",
};
writeFileSync(join(folder, "provenance.json"), `${JSON.stringify(provenance, undefined, 2)}\n`);
run(process.execPath, "fmt", "--no-script", folder);

function run(...command: string[]): string {
  return Bun.spawnSync(command).stdout.toString().trim();
}
