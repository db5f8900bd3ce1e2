import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MIN_SECRET_BYTES } from "@typewire/connection";
import type { TypewireError } from "@typewire/protocol";

import { readSecretFile, sharedSecret } from "../src/secret.ts";

const folder = mkdtempSync(join(tmpdir(), "typewire-secret-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(content: string, mode = 0o600): string {
  const path = join(folder, `secret-${content.length}-${mode}`);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

function errorOf(action: () => unknown): TypewireError {
  try {
    action();
  } catch (error) {
    return error as TypewireError;
  }
  throw new Error("It did not throw");
}

describe("sharedSecret", () => {
  test("makes the codes of RFC 4231, test case 6", () => {
    const { hmacSha256 } = sharedSecret(new Uint8Array(131).fill(0xaa));
    const data = new TextEncoder().encode("Test Using Larger Than Block-Size Key - Hash Key First");
    expect(hmacSha256(data).toHex()).toBe(
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    );
  });

  test("takes text as its UTF-8 bytes", () => {
    const text = "contraseña larga de prueba";
    const data = Uint8Array.of(1, 2, 3);
    expect(sharedSecret(text).hmacSha256(data)).toEqual(
      sharedSecret(new TextEncoder().encode(text)).hmacSha256(data),
    );
  });

  test("takes 16 bytes, and no fewer", () => {
    expect(() => sharedSecret("x".repeat(MIN_SECRET_BYTES))).not.toThrow();
    const short = "tooshort-tooshor";
    const { code, message } = errorOf(() => sharedSecret(short.slice(1)));
    expect({ code, message }).toEqual({
      code: "option-invalid",
      message: "secret: expected at least 16 bytes, got 15",
    });
  });

  test("is not made of blanks, or of zeros", () => {
    for (const blank of [" ".repeat(16), "\n\t\r ".repeat(8), new Uint8Array(32)]) {
      expect(errorOf(() => sharedSecret(blank))).toMatchObject({
        code: "option-invalid",
        message: "secret: expected more than blanks",
      });
    }
  });

  test("cannot be printed, and keeps its own copy", () => {
    const bytes = new TextEncoder().encode("a very secret secret");
    const secret = sharedSecret(bytes);
    const before = secret.hmacSha256(Uint8Array.of(0));
    bytes.fill(0);
    expect(secret.hmacSha256(Uint8Array.of(0))).toEqual(before);
    expect(Bun.inspect(secret, { depth: 10 })).not.toContain("secret secret");
    expect(JSON.stringify(secret)).toBe("{}");
  });

  test("gives other random bytes each time", () => {
    const { randomBytes } = sharedSecret("x".repeat(16));
    expect(randomBytes(32)).toHaveLength(32);
    expect(randomBytes(32)).not.toEqual(randomBytes(32));
  });
});

describe("readSecretFile", () => {
  test("refuses a file of blanks, or of zeros", () => {
    for (const content of [
      " ".repeat(40),
      "\n".repeat(41),
      "\0".repeat(42),
      " \r\n\t\0".repeat(9),
    ]) {
      const path = fileOf(content);
      expect(errorOf(() => readSecretFile(path))).toMatchObject({
        code: "option-invalid",
        message: `Cannot use the secret in ${path}: expected more than blanks`,
      });
    }
  });

  test.each([
    ["as it is", "0123456789abcdef", "0123456789abcdef"],
    ["without the line end that an editor adds", "0123456789abcdef\n", "0123456789abcdef"],
    ["nor that of another system", "0123456789abcdef\r\n", "0123456789abcdef"],
    ["but with all others", "\n0123456789abcdef \n\n", "\n0123456789abcdef \n"],
  ])("reads the secret %s", (_, content, expected) => {
    const { secret, warnings } = readSecretFile(fileOf(content));
    expect(new TextDecoder().decode(secret)).toBe(expected);
    expect(warnings).toEqual([]);
  });

  test("warns of a file that others than its owner can read", () => {
    const { warnings } = readSecretFile(fileOf("0123456789abcdef", 0o644));
    expect(warnings.join()).toMatch(/can be read by every user of this machine: chmod 600/);
    const shared = readSecretFile(fileOf("0123456789abcdefg", 0o640));
    expect(shared.warnings.join()).toMatch(/can be read by its group: chmod 600/);
  });

  test.each([
    ["one that is too short", () => fileOf("short-secret\n"), "expected 16 to 65536 bytes, got 12"],
    [
      "one that is some other file",
      () => fileOf("x".repeat(70_000)),
      "expected at most 65536 bytes, got 70000",
    ],
    ["one that is not there", () => join(folder, "nothing"), "there is no such file (ENOENT)"],
    ["a device without an end", () => "/dev/zero", "expected a regular file, got a device"],
    ["a folder", () => folder, "it is a folder (EISDIR)"],
  ])("refuses %s, and quotes nothing of it", (_, path, sentence) => {
    const { code, message } = errorOf(() => readSecretFile(path()));
    expect(code).toBe("option-invalid");
    expect(message).toContain(sentence);
    expect(message).not.toContain("short-secret");
  });
});
