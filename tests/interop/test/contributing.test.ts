// CONTRIBUTING.md is the true map: what its tree, its tables and its instructions name is there.

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";

import manifest from "../../../package.json" with { type: "json" };
import { Page, ROOT } from "./markdown.ts";
import { repositoryFiles, textOf } from "./repository.ts";

const page = await Page.open("CONTRIBUTING.md");
const files = repositoryFiles();

/** What stands in backticks in this text, fenced blocks left out. */
function quotedIn(text: string): readonly string[] {
  return [...text.replaceAll(/^```[^]*?^```$/gm, "").matchAll(/`([^`\n]+)`/g)].map(
    ([, quoted = ""]) => quoted,
  );
}

describe("CONTRIBUTING.md", () => {
  test("its tree has every folder that holds a package, a command or tests, and no other", () => {
    const [, tree = ""] = page.text.split("## The tree");
    const [, block = ""] = tree.split("```text\n");
    const [listing = ""] = block.split("```");
    const named = listing.split("\n").flatMap((line) => /^\S+/.exec(line)?.[0] ?? []);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);

    const rooms = files.flatMap(
      (file) => /^(packages|apps|tests)\/[^/]+(?=\/)/.exec(file)?.[0] ?? [],
    );
    const tops = files.flatMap((file) => /^[^./][^/]*(?=\/)/.exec(file)?.[0] ?? []);
    const expected = [...new Set([...rooms, ...tops])].filter(
      (path) => !["packages", "apps", "tests"].includes(path),
    );
    expect(named.filter((path) => !path.startsWith(".")).toSorted()).toEqual(expected.toSorted());
  });

  test("every path that it names is there", () => {
    const paths = quotedIn(page.text).filter((quoted) => /^[\w.*-]*(\/[\w.*-]+)+\/?$/.test(quoted));
    expect(paths.length).toBeGreaterThan(20);
    const missing = paths.filter((path) => {
      if (path.includes("NNNN") || path.includes("/dist/")) return false;
      if (!path.includes("*")) return !existsSync(join(ROOT, path));
      const glob = new Bun.Glob(`${path}{,/**}`);
      return !files.some((file) => glob.match(file));
    });
    expect(missing).toEqual([]);
  });

  test.each([...page.rowsOf("step")].map((row) => [row[0] ?? "", row[1] ?? ""] as const))(
    "the way of a byte: %s stands in %s",
    async (step, room) => {
      const called = quotedIn(step).flatMap(
        (quoted) => /(\w+)(?:\(.*\))?$/.exec(quoted)?.[1] ?? [],
      );
      const sources = await Promise.all(quotedIn(room).map(textOf));
      if (sources.length === 0) expect(room).toBe("yours");
      for (const name of sources.length === 0 ? [] : called) {
        const declared = new RegExp(`(^|[\\s#.*])${name}(\\?|<[^(]*>)?[(:]`, "m");
        const exported = new RegExp(`export (?:class|function|interface) ${name}\\b`, "i");
        const isThere = sources.some((text = "") => declared.test(text) || exported.test(text));
        expect(isThere, `${name} in ${room}`).toBe(true);
      }
    },
  );

  test("every function, type and value that its instructions name is in the sources", async () => {
    const [, instructions = ""] = page.text.split("## Where a new thing goes");
    const [prose = ""] = instructions.split("## Commands");
    const names = quotedIn(prose).filter((quoted) => /^#?[A-Za-z]\w+(\(\))?$/.test(quoted));
    const sources = await Promise.all(
      files.filter((file) => /\/src\/.*\.ts$/.test(file)).map((file) => textOf(file)),
    );
    const all = sources.join("\n");
    const unknown = names.filter(
      (name) => !new RegExp(`\\b${name.replace(/^#|\(\)$/g, "")}\\b`).test(all),
    );
    expect(names.length).toBeGreaterThan(3);
    expect(unknown).toEqual([]);
  });

  test("every script that its table of commands names is in package.json", () => {
    const commands = page.rowsOf("command").flatMap(([cell = ""]) => quotedIn(cell));
    const scripts = commands.flatMap((command) => /^bun run ([\w:]+)/.exec(command)?.[1] ?? []);
    expect(scripts.length).toBeGreaterThan(5);
    expect(scripts.filter((name) => !(name in manifest.scripts))).toEqual([]);
  });

  test("each decision has a number of its own, in a range that is named, and says it first", async () => {
    const ranges = [...page.text.matchAll(/(\d{4})–(\d{4})/g)].map(([, first, last]) => ({
      first: Number(first),
      last: Number(last),
    }));
    const decisions = files.filter((file) => /^docs\/decisions\/.*\.md$/.test(file));
    const numbers = decisions.map((file) => /(\d{4})-[^/]+$/.exec(file)?.[1] ?? file);
    expect(numbers.filter((number, at) => numbers.indexOf(number) !== at)).toEqual([]);
    const isRanged = (number: string): boolean =>
      ranges.some(({ first, last }) => first <= Number(number) && Number(number) <= last);
    expect(numbers.filter((number) => !isRanged(number))).toEqual([]);
    for (const [at, file] of decisions.entries()) {
      expect(await textOf(file), file).toStartWith(`# ${numbers[at]}: `);
    }
  });
});
