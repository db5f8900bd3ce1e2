// The package as a user gets it, built and looked at without a network. `bun run check:install` installs it.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { buildPackage } from "../build/build.ts";
import manifest from "../package.json" with { type: "json" };

setDefaultTimeout(60_000);

interface Packed {
  readonly exports: Readonly<
    Record<string, string | { readonly types: string; readonly default: string }>
  >;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

let files: readonly string[] = [];
const text = new Map<string, string>();
/** A user's project with the package in its node_modules. */
let project = "";

beforeAll(() => {
  // Beneath node_modules, so that the compiler finds TypeBox and Git does not look.
  const cache = join(import.meta.dir, "..", "..", "..", "node_modules", ".cache");
  mkdirSync(cache, { recursive: true });
  project = mkdtempSync(join(cache, "typewire-package-"));
  const tarball = buildPackage(join(project, "dist"));
  Bun.spawnSync(["tar", "xzf", tarball, "-C", project]);
  const installed = join(project, "node_modules", "typewire");
  mkdirSync(join(project, "node_modules"));
  renameSync(join(project, "package"), installed);
  files = [...new Bun.Glob("**/*").scanSync(installed)].toSorted();
  for (const file of files) text.set(file, readFileSync(join(installed, file), "utf8"));
});
afterAll(() => rmSync(project, { recursive: true }));

const packed = (): Packed => JSON.parse(text.get("package.json") ?? "{}") as Packed;
const matching = (pattern: RegExp): readonly string[] => files.filter((file) => pattern.test(file));

describe("the tarball", () => {
  test("has an entry for each of the workspace's, with declarations, and both files exist", () => {
    const { exports } = packed();
    for (const entry of Object.keys(manifest.exports)) {
      const target = exports[entry];
      if (typeof target !== "object") throw new Error(`expected types and default of ${entry}`);
      expect(Object.keys(target)).toEqual(["types", "default"]);
      expect(files).toContain(target.types.slice(2));
      expect(files).toContain(target.default.slice(2));
    }
  });

  test("has a README, a licence and a changelog, and says what it is to package managers", () => {
    expect(files).toEqual(expect.arrayContaining(["CHANGELOG.md", "LICENSE", "README.md"]));
    expect(packed()).toMatchObject({
      name: "typewire",
      version: manifest.version,
      license: "MIT",
      type: "module",
      sideEffects: false,
      engines: { bun: ">=1.4", node: ">=22" },
      peerDependencies: {
        "@sinclair/typebox": ">=0.34 <0.35",
        "@nats-io/transport-node": ">=3.4 <4",
      },
      // npm installs every other peer by itself.
      peerDependenciesMeta: { "@nats-io/transport-node": { optional: true } },
    });
    expect(packed()["private"]).toBeUndefined();
  });

  test("depends on cbor-x alone, beside the user's TypeBox", () => {
    expect(Object.keys(packed().dependencies)).toEqual(["cbor-x"]);
  });

  test("has a source map and a declaration map for each module, and the sources they lead to", () => {
    const modules = matching(/^dist\/.*\.js$/);
    expect(modules.length).toBeGreaterThan(50);
    for (const file of modules) {
      const stem = file.slice(0, -".js".length);
      for (const map of [`${stem}.js.map`, `${stem}.d.ts.map`]) {
        const { sources } = JSON.parse(text.get(map) ?? "{}") as { readonly sources: string[] };
        const [source = ""] = sources;
        expect(files).toContain(join(map, "..", source));
      }
    }
  });

  test("has no test, no command and no TypeScript outside src", () => {
    expect(matching(/\.test\.|(^|\/)test\/|tsconfig/)).toEqual([]);
    expect(matching(/(^|\/)(command|main)\b/)).toEqual([]);
    expect(matching(/^(?!src\/).*(?<!\.d)\.ts$/)).toEqual([]);
    expect([...text.values()].filter((each) => each.includes("commander"))).toEqual([]);
  });

  test("imports no package of this repository, and no file that it does not have", () => {
    for (const file of matching(/^dist\/.*\.(js|d\.ts)$/)) {
      const code = text.get(file) ?? "";
      for (const [, specifier = ""] of code.matchAll(/(?:\bfrom |\bimport\()"([^"]+)"/g)) {
        expect(specifier).not.toMatch(/^@typewire\//);
        if (specifier.startsWith(".")) expect(files).toContain(join(file, "..", specifier));
      }
    }
  });

  test("has declarations that compile without Bun's types and the DOM's, and without being skipped", () => {
    const compilerOptions = {
      module: "NodeNext",
      target: "ES2022",
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      lib: ["ES2022"],
      types: [],
      noEmit: true,
    };
    const config = { compilerOptions, files: ["every-entry.ts"] };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify(config));
    writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
    const entries = Object.keys(manifest.exports).map((entry) => entry.slice(1));
    const lines = entries.map((entry, at) => `export * as entry${at} from "typewire${entry}";`);
    writeFileSync(join(project, "every-entry.ts"), lines.join("\n"));
    const check = Bun.spawnSync([process.execPath, "check", "--no-script"], { cwd: project });
    expect(`${check.exitCode} ${check.stdout.toString()}`).toBe("0 ");
  });

  test("has a README whose links lead somewhere outside the repository too", () => {
    const targets = [...(text.get("README.md") ?? "").matchAll(/\]\(([^)]+)\)/g)];
    for (const [, target] of targets) expect(target).toMatch(/^(https?:|#)/);
  });
});
