import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { Page, ROOT } from "./markdown.ts";

describe.each([
  "README.md",
  "CONTRIBUTING.md",
  "docs/wire.md",
  "docs/reliability.md",
  "docs/commands.md",
])("%s", (path) => {
  test("links to files and headings that are there", async () => {
    const page = await Page.open(path);
    const broken: string[] = [];
    for (const { path: target, anchor } of page.links) {
      const exists = existsSync(join(ROOT, target));
      const hasAnchor = anchor === "" || (await Page.open(target)).anchors.includes(anchor);
      if (!exists || !hasAnchor) broken.push(`${target}#${anchor}`);
    }
    expect(page.links.length).toBeGreaterThan(0);
    expect(broken).toEqual([]);
  });

  test("names files that are there", async () => {
    const { text } = await Page.open(path);
    const named = [
      ...text.matchAll(/`((?:packages|apps|tests|docs|scripts|examples|benchmarks)\/[\w./-]+)`/g),
    ];
    const missing = named
      .map(([, name = ""]) => name)
      .filter((name) => !/\/dist|NNNN/.test(name) && !existsSync(join(ROOT, name)));
    expect(missing).toEqual([]);
  });
});
