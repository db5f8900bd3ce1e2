// docs/security.md, kept honest: its commands make certificates and a secret that both executables take.

import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { executable, outsideTool, Program } from "@typewire/testkit";

import { Page } from "./markdown.ts";

setDefaultTimeout(30_000);

const page = await Page.open("docs/security.md");
const folder = mkdtempSync(join(tmpdir(), "typewire-security-guide-"));
afterAll(() => rmSync(folder, { recursive: true }));

const shellBlocks = page.blocks.filter(({ language }) => language === "sh");
const [certificates = "", ...others] = shellBlocks.map(({ content }) => content);

function run(script: string): void {
  const { success, stderr } = Bun.spawnSync(["/bin/sh", "-ec", script], { cwd: folder });
  if (!success) throw new Error(String(stderr));
}

/** The flags of the one line of `block` that starts this command. */
function flagsOf(block: string, command: string): readonly string[] {
  const line = block.split("\n").find((candidate) => candidate.startsWith(`${command} `)) ?? "";
  return line.split(" ").slice(1);
}

describe.skipIf(outsideTool("openssl") === undefined)("docs/security.md", () => {
  test("makes certificates in five lines", () => {
    expect(certificates.trimEnd().split("\n")).toHaveLength(5);
    run(certificates);
  });

  test.each(others.map((block) => [block.trimEnd(), block]))(
    "its commands talk: %s",
    async (_, block) => {
      const preparation = block.split("\n").filter((line) => !line.startsWith("typewire-"));
      run(preparation.join("\n"));
      const serverFlags = ["--port", "0", "--lang", "en", ...flagsOf(block, "typewire-server")];
      await using server = new Program([executable("server"), ...serverFlags], { cwd: folder });
      const [, port] = await server.stderr.line(/\[LISTENING\].*:(\d+)/);
      const clientFlags = ["--count", "2", ...flagsOf(block, "typewire-client")];
      await using client = new Program(
        [executable("client"), `localhost:${port}`, ...clientFlags],
        {
          cwd: folder,
        },
      );
      expect(await client.exit()).toMatchObject({ code: 0 });
      expect(server.stderr.text).not.toContain("WARNING");
    },
  );

  test("has no block that this test passes over", () => {
    expect(others).toHaveLength(3);
    expect(page.blocks).toHaveLength(shellBlocks.length);
  });
});
