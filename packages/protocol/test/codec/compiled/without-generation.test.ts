// The protocol's suite once more in a process that may not make code from strings, where the reference
// path serves alone. Left out are the tests that make code themselves to compare with, those that hold the
// reference path to a judge or to a time in any process, and those of bytes and frames, which no schema reaches.

import { expect, test } from "bun:test";
import { join } from "node:path";

const TESTS = join(import.meta.dir, "..", "..");
const LEFT_OUT =
  /(^cbor\/|^frame\/|^codec\/compiled\/|^codec\/property|^codec\/delivery|^codec\/verdicts|^describe\/judged|^schema\/(check\.|json-schema-suite)|^definition-cost|^large-unions|^no-)/;
const TIMEOUT_MS = 60_000;

test(
  "the whole suite passes where code generation is forbidden",
  async () => {
    const files = [...new Bun.Glob("**/*.test.ts").scanSync(TESTS)].filter(
      (file) => !LEFT_OUT.test(file),
    );
    expect(files.length).toBeGreaterThan(15);
    const child = Bun.spawn(
      [
        process.execPath,
        "--disallow-code-generation-from-strings",
        "test",
        `--timeout=${TIMEOUT_MS}`,
        ...files.map((file) => join(TESTS, file)),
      ],
      // The random tests in short: they run at length with code generation as well.
      { stdout: "ignore", stderr: "pipe", env: { ...process.env, TYPEWIRE_CASES: "25" } },
    );
    const report = await child.stderr.text();
    expect(report.match(/^\(fail\).*$/gm)).toBeNull();
    expect(report).toMatch(/^Ran [1-9]\d{2,} tests/m);
    expect(await child.exited).toBe(0);
  },
  TIMEOUT_MS,
);
