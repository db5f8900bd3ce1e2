import { expect, test } from "bun:test";
import { join } from "node:path";

import { Program } from "@typewire/testkit";

test("an idle connection costs less than 1.25 KiB of heap, after traffic in both directions", async () => {
  const script = join(import.meta.dir, "support", "idle-connections.ts");
  await using program = new Program([process.execPath, script]);
  const [heapBytes] = await program.stdout.line(/^[\d.]+$/);
  expect(Number(heapBytes)).toBeLessThan(1280);
});
