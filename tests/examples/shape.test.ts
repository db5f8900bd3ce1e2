// What holds for every example, whatever it shows.

import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { specifiersIn } from "../house/sources.ts";
import { EXAMPLES } from "./example.ts";

const folders = readdirSync(EXAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

describe.each(folders)("examples/%s", (folder) => {
  const names = readdirSync(join(EXAMPLES, folder));
  const sources = names
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(EXAMPLES, folder, name), "utf8"));

  test("is under 150 lines", () => {
    const lines = sources.join("").split("\n").length - 1;
    expect(lines).toBeGreaterThan(0);
    expect(lines).toBeLessThan(150);
  });

  test("imports what a user has: typewire, node:, its own files, and what it shows to work together", () => {
    for (const specifier of sources.flatMap(specifiersIn)) {
      expect(specifier).toMatch(
        /^(typewire(\/(bun|nats|testing|observe))?|prom-client|node:[\w/]+|\.\/[\w-]+\.ts)$/,
      );
    }
  });

  test("has a README, a line in the list of examples, and a test that runs it", () => {
    expect(names).toContain("README.md");
    const list = readFileSync(join(EXAMPLES, "README.md"), "utf8");
    expect(list).toContain(`(${folder}/README.md)`);
    const ran = readFileSync(join(import.meta.dir, `${folder}.test.ts`), "utf8");
    expect(ran).toContain(`run("${folder}/`);
  });
});
