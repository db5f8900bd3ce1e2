import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startClient, startServer } from "./executables.ts";
import { startPython } from "./python.ts";

setDefaultTimeout(30_000);

const folder = mkdtempSync(join(tmpdir(), "typewire-secret-"));
afterAll(() => rmSync(folder, { recursive: true }));
const secret = join(folder, "secret");
const other = join(folder, "other");
writeFileSync(secret, "contraseña compartida\n", { mode: 0o600 });
writeFileSync(other, "otra contraseña distinta\n", { mode: 0o600 });

describe("a Python client of typewire-server --secret-file", () => {
  test("proves the secret, has the server's proof, and talks with our client", async () => {
    await using server = await startServer("--secret-file", secret);
    await using ours = startClient(server.port, "--secret-file", secret);
    await ours.stdout.line(/Hola/);
    await using python = startPython("secret_client.py", "127.0.0.1", server.port, secret, "hola");
    await python.stdout.line(/^\[AUTHENTICATED\]$/);
    await python.stdout.line(/'type': 'greeting', 'words': \{1: 'Hola'/);
    await ours.stdout.line(/hola/);
  });

  test("with another secret is told auth-failed, and nothing else", async () => {
    await using server = await startServer("--secret-file", secret);
    await using python = startPython("secret_client.py", "127.0.0.1", server.port, other);
    expect(await python.exit()).toMatchObject({ code: 1 });
    expect(python.stderr.text).toMatch(/expected \$proof, got .*'code': 'auth-failed'/);
    expect(python.stdout.text).toBe("");
  });

  test("without one is told auth-required, and served nothing", async () => {
    await using server = await startServer("--secret-file", secret);
    await using python = startPython("say.py", "127.0.0.1", server.port, "hola");
    await python.stdout.line(/'code': 'auth-required'/);
    expect(python.stdout.text).not.toContain("welcome");
  });

  test("notices a server that does not ask", async () => {
    await using server = await startServer();
    await using python = startPython("secret_client.py", "127.0.0.1", server.port, secret);
    expect(await python.exit()).toMatchObject({ code: 1 });
    expect(python.stderr.text).toContain("the server does not ask for a secret");
  });
});
