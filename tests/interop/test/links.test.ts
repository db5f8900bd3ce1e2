import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { Page, ROOT } from "./markdown.ts";
import { repositoryFiles } from "./repository.ts";

describe.each(repositoryFiles().filter((file) => file.endsWith(".md")))("%s", (path) => {
  test("links to files and headings that are there", async () => {
    const page = await Page.open(path);
    const broken: string[] = [];
    for (const { path: target, anchor } of page.links) {
      const exists = existsSync(join(ROOT, target));
      const hasAnchor = anchor === "" || (await Page.open(target)).anchors.includes(anchor);
      if (!exists || !hasAnchor) broken.push(`${target}#${anchor}`);
    }
    expect(broken).toEqual([]);
  });

  test("names files that are there", async () => {
    const { text } = await Page.open(path);
    const named = [
      ...text.matchAll(/`((?:packages|apps|tests|docs|scripts|examples|benchmarks)\/[\w./*-]+)`/g),
    ];
    const missing = named
      .map(([, name = ""]) => name)
      .filter((name) => !/\/dist|NNNN/.test(name) && !isThere(name));
    expect(missing).toEqual([]);
  });
});

/** `name` may stand for several files, as `apps/*` does. */
function isThere(name: string): boolean {
  if (!name.includes("*")) return existsSync(join(ROOT, name));
  const found = new Bun.Glob(name).scanSync({ cwd: ROOT, onlyFiles: false });
  return found.next().done !== true;
}

test("the pages that a reader begins with have links to follow", async () => {
  for (const path of ["README.md", "CONTRIBUTING.md", "docs/wire.md"]) {
    expect((await Page.open(path)).links.length, path).toBeGreaterThan(3);
  }
});
