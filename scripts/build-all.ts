// Builds both commands for other platforms: `bun run build:all` for every target, `bun run build:all
// linux-arm64 darwin-arm64` for some. The flags are those of each app's own `build` script; Bun
// fetches the runtime of a target from the npm registry, once. Results: apps/*/dist/<target>/.
import { join } from "node:path";

const TARGETS = [
  "linux-x64",
  "linux-arm64",
  "linux-x64-musl",
  "linux-arm64-musl",
  "darwin-x64",
  "darwin-arm64",
  "windows-x64",
  "windows-arm64",
] as const;
const APPS = ["server", "client"] as const;

const chosen = process.argv.slice(2);
const unknown = chosen.filter((target) => !TARGETS.some((known) => known === target));
if (unknown.length > 0) {
  console.error(`build:all: expected targets of ${TARGETS.join(", ")}, got ${unknown.join(", ")}`);
  process.exit(2);
}

for (const target of chosen.length > 0 ? chosen : TARGETS) {
  for (const app of APPS) {
    const { exitCode } = Bun.spawnSync(
      [
        process.execPath,
        "run",
        "build",
        `--target=bun-${target}`,
        `--outfile=dist/${target}/typewire-${app}`,
      ],
      { cwd: join(import.meta.dir, "..", "apps", app), stdio: ["ignore", "inherit", "inherit"] },
    );
    if (exitCode !== 0) {
      console.error(`build:all: typewire-${app} for ${target} failed`);
      process.exit(1);
    }
  }
}
