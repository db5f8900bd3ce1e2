import { describe, expect, test } from "bun:test";

import {
  addSecretFlag,
  addTlsFileFlags,
  checkTlsFileFlags,
  createCommand,
  readCommandLine,
  requireBeside,
  type SecretFlags,
  type TlsFileFlags,
} from "../src/index.ts";

function read(...argv: readonly string[]) {
  const command = createCommand("x", "1", "Does x.");
  addSecretFlag(addTlsFileFlags(command, { cert: "ours", ca: "theirs" }), "proves it");
  return readCommandLine(command, argv, () => {
    const flags = command.opts<TlsFileFlags & SecretFlags>();
    checkTlsFileFlags(flags);
    return flags;
  });
}

describe("the flags of PEM files and the secret", () => {
  test("are read as paths", () => {
    const argv = ["--tls-cert", "a", "--tls-key", "b", "--tls-ca", "c", "--secret-file", "d"];
    expect(read(...argv)).toEqual({
      kind: "run",
      options: { tlsCert: "a", tlsKey: "b", tlsCa: "c", secretFile: "d" },
    });
  });

  test.each([
    [["--tls-cert", "a"], "x: --tls-cert needs --tls-key beside it"],
    [["--tls-key", "a"], "x: --tls-key needs --tls-cert beside it"],
  ])("refuse %j", (argv, line) => {
    expect(read(...argv)).toEqual({ kind: "refuse", line });
  });
});

describe("requireBeside", () => {
  test("asks for the other flag only where the first is given", () => {
    expect(requireBeside(false, false, "--a", "--b")).toBeUndefined();
    expect(requireBeside(true, true, "--a", "--b")).toBeUndefined();
    expect(() => requireBeside(true, false, "--a", "--b")).toThrow("--a needs --b beside it");
  });
});
