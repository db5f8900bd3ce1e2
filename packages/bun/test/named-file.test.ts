import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TypewireError } from "@typewire/protocol";

import { readNamedFile } from "../src/named-file.ts";

const folder = mkdtempSync(join(tmpdir(), "typewire-file-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, content: string | Uint8Array, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

function fifo(name: string): string {
  const path = join(folder, name);
  const { exitCode } = Bun.spawnSync(["mkfifo", "-m", "600", path]);
  expect(exitCode).toBe(0);
  return path;
}

describe("readNamedFile", () => {
  test("reads a file to its end, also through a link and where its size is not known", () => {
    const content = new Uint8Array(100_000).fill(7);
    const path = fileOf("whole", content);
    const link = join(folder, "link");
    symlinkSync(path, link);
    for (const name of [path, link]) {
      expect(readNamedFile(name, 100_000)).toEqual({ bytes: content, readers: undefined });
    }
    const { bytes } = readNamedFile("/proc/self/status", 64 * 1024);
    expect(new TextDecoder().decode(bytes)).toMatch(/^Name:/);
    expect(readNamedFile(fileOf("empty", ""), 1).bytes).toHaveLength(0);
  });

  test.each([
    [0o600, undefined],
    [0o400, undefined],
    [0o640, "its group"],
    [0o604, "every user of this machine"],
    [0o644, "every user of this machine"],
  ] as const)("tells which other users may read a file of mode %o", (mode, readers) => {
    expect(readNamedFile(fileOf(`mode-${mode}`, "x", mode), 1).readers).toBe(readers);
  });

  test.each([
    ["a device without an end", () => "/dev/zero", "expected a regular file, got a device"],
    ["a pipe without a writer", () => fifo("pipe"), "expected a regular file, got a pipe"],
    ["a folder", () => folder, "it is a folder (EISDIR)"],
    ["what is not there", () => join(folder, "nothing"), "there is no such file (ENOENT)"],
    ["a path that is none", () => "a\0b", "Cannot read a\0b: "],
    ["one byte too many", () => fileOf("large", "x".repeat(11)), "at most 10 bytes, got 11"],
    ["gigabytes of nothing", () => sparse("sparse"), "expected at most 10 bytes, got 8589934592"],
    ["more than the size says", () => "/proc/self/status", "expected at most 10 bytes, got more"],
  ])("refuses %s", (_, path, sentence) => {
    const named = path();
    const error = errorOf(() => readNamedFile(named, 10));
    expect(error.code).toBe("option-invalid");
    expect(error.message).toStartWith(`Cannot read ${named}: `);
    expect(error.message).toContain(sentence);
  });

  test("refuses a socket", () => {
    const path = join(folder, "socket");
    using _listener = Bun.listen({ unix: path, socket: { data() {} } });
    expect(errorOf(() => readNamedFile(path, 10)).message).toContain("it is a socket (ENXIO)");
  });

  test("leaves no descriptor open", () => {
    const open = (): number => Array.from(new Bun.Glob("*").scanSync("/proc/self/fd")).length;
    const before = open();
    for (let count = 0; count < 20; count += 1) errorOf(() => readNamedFile(folder, 10));
    expect(open()).toBe(before);
  });
});

function sparse(name: string): string {
  const path = fileOf(name, "");
  truncateSync(path, 8 * 1024 ** 3);
  return path;
}

function errorOf(action: () => unknown): TypewireError {
  try {
    action();
  } catch (error) {
    if (error instanceof TypewireError) return error;
    throw error;
  }
  throw new Error("It did not throw");
}
