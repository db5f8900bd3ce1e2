import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startClient, startServer } from "./executables.ts";
import { describePython, startPython } from "./python.ts";

setDefaultTimeout(30_000);

const folder = mkdtempSync(join(tmpdir(), "typewire-secret-"));
afterAll(() => rmSync(folder, { recursive: true }));
const secret = join(folder, "secret");
const other = join(folder, "other");
writeFileSync(secret, "contraseña compartida\n", { mode: 0o600 });
writeFileSync(other, "otra contraseña distinta\n", { mode: 0o600 });

describePython("a Python client of typewire-server --secret-file", () => {
  test("proves the secret, has the server's proof, and talks with our client", async () => {
    await using server = await startServer("--secret-file", secret);
    await using ours = startClient(server.port, "--secret-file", secret);
    await ours.stdout.line(/Hola/);
    const flags = ["--secret-file", secret, "--say", "hola"];
    await using python = startPython("saludo_peer.py", "client", server.port, ...flags);
    await python.stdout.line(/^\[CONNECTED\]$/);
    await python.stdout.line(/'type': 'greeting', 'words': \{1: 'Hola'/);
    await ours.stdout.line(/hola/);
  });

  test("with another secret is told auth-failed, and nothing else", async () => {
    await using server = await startServer("--secret-file", secret);
    const flags = ["--secret-file", other];
    await using python = startPython("saludo_peer.py", "client", server.port, ...flags);
    expect(await python.exit()).toMatchObject({ code: 1 });
    expect(python.stderr.text).toStartWith("auth-failed: ");
    expect(python.stdout.text).toBe("");
  });

  test("without one is told auth-required, and served nothing", async () => {
    await using server = await startServer("--secret-file", secret);
    await using python = startPython("saludo_peer.py", "client", server.port);
    expect(await python.exit()).toMatchObject({ code: 1 });
    expect(python.stderr.text).toStartWith("auth-required: ");
    expect(python.stdout.text).toBe("");
  });

  test("notices a server that does not ask", async () => {
    await using server = await startServer();
    const flags = ["--secret-file", secret];
    await using python = startPython("saludo_peer.py", "client", server.port, ...flags);
    expect(await python.exit()).toMatchObject({ code: 1 });
    expect(python.stderr.text).toStartWith("auth-required: ");
  });
});
