// Where code may not be made from strings (a Content-Security-Policy, a hardened process), everything
// works all the same: TypeBox makes code only to be faster, and cbor-x makes none for the way we use it.

import { describe, expect, test } from "bun:test";
import { join } from "node:path";

const SCRIPT = join(import.meta.dir, "support", "without-code-generation.ts");

async function reportOf(...flags: readonly string[]): Promise<unknown> {
  const child = Bun.spawn([process.execPath, ...flags, SCRIPT], {
    stdout: "pipe",
    stderr: "inherit",
  });
  return JSON.parse(await child.stdout.text());
}

describe("the codec", () => {
  const report = {
    greeting: true,
    tree: true,
    tooShort: "schema-mismatch /text",
    wrongKind: "schema-mismatch /text",
    wrongLeaf: "schema-mismatch /root/name",
  };

  test.each([
    ["with code generation", true, []],
    ["without code generation", false, ["--disallow-code-generation-from-strings"]],
  ])("works %s", async (_, canGenerate, flags) => {
    expect(await reportOf(...flags)).toEqual({ canGenerate, ...report });
  });
});
