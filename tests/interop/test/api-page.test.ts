// docs/api.md, kept honest: its programs compile, and print what stands below them; every name that the two
// entries export, and every option, has its place.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Program } from "@typewire/testkit";

import { clientOptions } from "../../../packages/client/src/client-options.ts";
import { serverOptions } from "../../../packages/server/src/server-options.ts";
import { Page, ROOT } from "./markdown.ts";
import { textOf } from "./repository.ts";

setDefaultTimeout(60_000);

const page = await Page.open("docs/api.md");
const BUN = process.execPath;

/** The blocks that are files, and what the page says that they print. */
const files = page.blocks.flatMap(({ language, info, content }, at) => {
  if (language !== "ts") return [];
  const next = page.blocks[at + 1];
  return [{ info, content, prints: next?.language === "text" ? next.content : undefined }];
});

describe("the programs of docs/api.md", () => {
  // Beneath node_modules, so that packages are found and Git does not look.
  let folder = "";
  beforeAll(() => {
    const cache = join(ROOT, "node_modules", ".cache");
    mkdirSync(cache, { recursive: true });
    folder = mkdtempSync(join(cache, "typewire-api-"));
    for (const { info, content } of files) writeFileSync(join(folder, info), content);
    const config = {
      extends: join(ROOT, "tsconfig.base.json"),
      compilerOptions: { types: ["bun"] },
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("are files, all but the protocol with what they print", () => {
    expect(files.length).toBeGreaterThan(8);
    for (const { info } of files) expect(info).toMatch(/^[a-z]+\.ts$/);
    expect(files.filter(({ prints }) => prints === undefined).map(({ info }) => info)).toEqual([
      "notes.ts",
      "market.ts",
      "exchange.ts",
    ]);
  });

  test("compile", () => {
    const { exitCode, stdout } = Bun.spawnSync([BUN, "check", "--no-script"], { cwd: folder });
    expect(`${exitCode} ${stdout.toString()}`).toBe("0 ");
  });

  test.each(files.filter(({ prints }) => prints !== undefined))(
    "$info",
    async ({ info, prints }) => {
      await using program = new Program([BUN, join(folder, info)]);
      const end = await program.exit(30_000);
      expect(program.stderr.text).toBe("");
      expect(end).toMatchObject({ code: 0 });
      expect(`${program.stdout.text}\n`).toBe(prints ?? "");
    },
  );
});

describe("the tables of docs/api.md", () => {
  /** The names in the first cells of a section's tables. */
  function namesIn(section: string): readonly string[] {
    const [, after = ""] = page.text.split(`\n## ${section}\n`);
    const [text = ""] = after.split("\n## ");
    const cells = [...text.matchAll(/^\| ([^|]+) \|/gm)].map(([, cell = ""]) => cell);
    return cells.flatMap((cell) => [...cell.matchAll(/`(\w+)/g)].map(([, name = ""]) => name));
  }

  test("have every name that typewire and typewire/bun export, and no other", async () => {
    const exported: string[] = [];
    for (const entry of ["index", "bun"]) {
      const source = (await textOf(`packages/typewire/src/${entry}.ts`)) ?? "";
      for (const [, names = ""] of source.matchAll(/^export (?:type )?\{([^}]*)\}/gm)) {
        exported.push(...[...names.matchAll(/(?:type )?(\w+),?/g)].map(([, name = ""]) => name));
      }
    }
    expect(exported.length).toBeGreaterThan(50);
    expect([...namesIn("Every name")].toSorted()).toEqual(exported.toSorted());
  });

  test("have every option and every method of an observer", () => {
    const described = new Set([...namesIn("Options"), ...namesIn("Observers")]);
    const known = [
      "port",
      "hostname",
      "unix",
      "tls",
      "secret",
      ...Object.keys(serverOptions),
      ...Object.keys(clientOptions),
    ];
    expect(known.filter((name) => !described.has(name))).toEqual([]);
  });
});
