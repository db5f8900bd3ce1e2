// docs/testing.md: its files compile, and its tests pass.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { ROOT } from "../build/workspaces.ts";

setDefaultTimeout(60_000);

const page = readFileSync(join(ROOT, "docs", "testing.md"), "utf8");
const files = [...page.matchAll(/^```ts (\S+)\n([^]*?)^```$/gm)].map(
  ([, name = "", content = ""]) => ({ name, content }),
);

describe("the page on tests", () => {
  // Beneath node_modules, so that packages are found and Git does not look.
  let folder = "";
  beforeAll(() => {
    const cache = join(ROOT, "node_modules", ".cache");
    mkdirSync(cache, { recursive: true });
    folder = mkdtempSync(join(cache, "typewire-testing-"));
    for (const { name, content } of files) writeFileSync(join(folder, name), content);
    const config = {
      extends: join(ROOT, "tsconfig.base.json"),
      compilerOptions: { types: ["bun"] },
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("has files that compile", () => {
    const check = Bun.spawnSync([process.execPath, "check", "--no-script"], { cwd: folder });
    expect(files.length).toBe(3);
    expect(`${check.exitCode} ${check.stdout.toString()}`).toBe("0 ");
  });

  test("has tests that pass", () => {
    const { exitCode, stderr } = Bun.spawnSync([process.execPath, "test", "./rooms.test.ts"], {
      cwd: folder,
    });
    expect(`${exitCode}${stderr.toString()}`).toMatch(/^0[^]* 3 pass\n 0 fail/);
  });
});
