import { expect, test } from "bun:test";
import { join } from "node:path";

import { Program } from "@typewire/testkit";

interface Measured {
  readonly callerCall: number;
  readonly calleeCall: number;
  readonly callerStream: number;
  readonly calleeStream: number;
  readonly callNs: number;
}

test("an open call costs at most 0.5 KiB at either end, a stream 1.5 KiB, and a call 1 µs at both", async () => {
  const script = join(import.meta.dir, "..", "support", "open-calls.ts");
  await using program = new Program([process.execPath, script]);
  const [line] = await program.stdout.line(/^\{.*\}$/);
  const measured = JSON.parse(line) as Measured;
  expect(measured.callerCall).toBeLessThanOrEqual(512);
  expect(measured.calleeCall).toBeLessThanOrEqual(512);
  expect(measured.callerStream).toBeLessThanOrEqual(1_536);
  expect(measured.calleeStream).toBeLessThanOrEqual(1_536);
  expect(measured.callNs).toBeLessThanOrEqual(1_000);
}, 60_000);
