// docs/codec.md: its program prints the generated code.

import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Program } from "@typewire/testkit";

import { Page, ROOT } from "./markdown.ts";

setDefaultTimeout(30_000);

test("docs/codec.md shows how to see the generated code", async () => {
  const page = await Page.open("docs/codec.md");
  // Beneath node_modules, so that packages are found and Git does not look.
  const cache = join(ROOT, "node_modules", ".cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "typewire-codec-"));
  try {
    const file = join(folder, "seeing.ts");
    writeFileSync(file, page.block("ts", "seeing.ts"));
    await using program = new Program([process.execPath, file]);
    expect(await program.exit()).toMatchObject({ code: 0 });
    const shown = program.stdout.text;
    // A comparison of the whole text would print all of it where it fails.
    expect(shown.includes('return { "type": "welcome"')).toBe(true);
    expect(shown.includes('name: "greeting"')).toBe(true);
    expect(shown.includes('state: "waiting"')).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
