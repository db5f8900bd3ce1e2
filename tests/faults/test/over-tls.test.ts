// T10: some rows of F, L, B and K as `bun run faults --tls` runs them, in a `bun test` of their own because
// servers, peers and clients all learn from the environment that they speak TLS, and with few clients around them.
// All of them take more than a minute, and are run by `bun run test:long`.

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
  "K13 a stream",
];
const LETTERS = ["F", "L", "B", "K"];
const isLong = process.env["TYPEWIRE_LONG"] !== undefined;
/** Around each attack. */
const CLIENTS = isLong ? 50 : 10;
const MOST_MS = isLong ? 110_000 : 60_000;

/** Runs the rows whose names match, and returns what the runner has printed. */
async function runOverTls(pattern: string): Promise<string> {
  const flags = ["--tls", "--clients", `${CLIENTS}`, "-t", pattern];
  await using run = new Program([process.execPath, SCRIPT, ...flags]);
  const { code } = await run.exit(MOST_MS);
  const output = run.stderr.text;
  expect(code, output).toBe(0);
  expect(output).toMatch(/^Ran \d+ tests across 5 files/m);
  return output;
}

test(
  "T10 rows of F, L, B and K have the same results over TLS",
  async () => {
    const output = await runOverTls(`(${ROWS.join("|")}) `);
    for (const row of ROWS) expect(output).toContain(`> ${row} `);
  },
  MOST_MS,
);

test.each(isLong ? LETTERS : [])(
  "T10 all rows %s have the same results over TLS",
  async (letter) => {
    const output = await runOverTls(`\\b${letter}\\d+ `);
    expect(output).toContain(`> ${letter}1 `);
  },
  MOST_MS,
);
