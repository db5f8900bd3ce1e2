// T10: some rows of F, L and B as `bun run faults --tls` runs them, in a `bun test` of their own because
// servers, peers and clients all learn from the environment that they speak TLS. The rest takes a minute.

import { expect, test } from "bun:test";
import { join } from "node:path";

import { Program } from "@typewire/testkit";

const SCRIPT = join(import.meta.dir, "..", "src", "run-faults.ts");
/** Halves of frames, ends and resets at each moment, more than the kernel takes, both ways. */
const ROWS = [
  "F2 a frame",
  "F4",
  "F5",
  "F6",
  "F12",
  "L4 a client",
  "L5",
  "L6",
  "L7",
  "B3",
  "B7",
  "B11",
];
const MOST_MS = 60_000;

test(
  "T10 rows of F, L and B have the same results over TLS",
  async () => {
    const pattern = `(${ROWS.join("|")}) `;
    await using run = new Program([process.execPath, SCRIPT, "--tls", "-t", pattern]);
    const { code } = await run.exit(MOST_MS);
    const output = run.stderr.text;
    expect(code, output).toBe(0);
    for (const row of ROWS) expect(output).toContain(`> ${row} `);
    expect(output).toMatch(/^Ran \d+ tests across 3 files/m);
  },
  MOST_MS,
);
