// docs/runtime.md and the assumptions about Bun name each other: each test there has its row, and each test
// that a row names is there.

import { expect, test } from "bun:test";
import { join } from "node:path";

import { Page, ROOT } from "./markdown.ts";

test("docs/runtime.md has a row for each assumption that is tested, and names no other", async () => {
  const page = await Page.open("docs/runtime.md");
  const tested: string[] = [];
  for (const path of new Bun.Glob("*.test.ts").scanSync(join(ROOT, "tests/assumptions"))) {
    const source = await Bun.file(join(ROOT, "tests/assumptions", path)).text();
    tested.push(
      ...[...source.matchAll(/^ {2}test(?:\.if\([^)]*\))?\(\s*"([^"]+)"/gm)].map(
        ([, name = ""]) => name,
      ),
    );
  }
  const named = [...page.text.matchAll(/\| "([^"|]+)" +\|$/gm)].map(([, name = ""]) => name);
  expect(tested.length).toBeGreaterThan(20);
  expect(named.toSorted()).toEqual(tested.toSorted());
});
