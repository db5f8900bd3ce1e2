// `--admin` of the executable: what it answers while the server lives and drains, and what it refuses.

import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { executable, Program, within } from "@typewire/testkit";
import { SaludoPeer } from "@typewire/testkit/saludo-peer";

import { runMain } from "./programs.ts";

setDefaultTimeout(30_000);

const folder = mkdtempSync(join(tmpdir(), "typewire-admin-"));
afterAll(() => rmSync(folder, { recursive: true }));
const secretFile = join(folder, "secret");
writeFileSync(secretFile, "0123456789abcdef\n", { mode: 0o600 });

/** A server with an admin listener on a free port. */
async function startWithAdmin(...flags: readonly string[]) {
  const program = runMain("--port", "0", "--admin", "127.0.0.1:0", ...flags);
  const [, port = ""] = await program.stderr.line(/listening.*127\.0\.0\.1:(\d+)/);
  const [, url = ""] = await program.stderr.line(/^\[ADMIN\] .* (http:\S+)$/);
  return { program, port, url };
}

describe("--admin", () => {
  test("answers all that it says, from one file", async () => {
    const { program, url } = await startWithAdmin();
    await using _ = program;
    const types = {
      "/": "text/html; charset=utf-8",
      "/live": "text/event-stream",
      "/metrics": "text/plain; version=0.0.4; charset=utf-8",
      "/healthz": "application/json",
      "/readyz": "application/json",
    };
    for (const [path, type] of Object.entries(types)) {
      const answer = await fetch(new URL(path, url));
      expect([path, answer.status, answer.headers.get("content-type")]).toEqual([path, 200, type]);
      await answer.body?.cancel();
    }
    const foreign = await fetch(url, { headers: { host: "evil.example" } });
    expect(foreign.status).toBe(403);
  });

  test("answers HTTP/1.0 without a host, and whatever host, with a status and no line in the log", async () => {
    const { program, url } = await startWithAdmin();
    await using _ = program;
    const { port } = new URL(url);
    const statusOf = async (request: string): Promise<string | undefined> => {
      const { promise, resolve } = Promise.withResolvers<string>();
      let text = "";
      const socket = await Bun.connect({
        hostname: "127.0.0.1",
        port: Number(port),
        socket: {
          data: (_socket, chunk) => void (text += chunk.toString()),
          close: () => resolve(text),
        },
      });
      socket.write(request);
      return /^HTTP\/1\.1 (\d+)/.exec(await promise)?.[1];
    };
    const close = "Connection: close\r\n\r\n";
    expect(await statusOf("GET /healthz HTTP/1.0\r\n\r\n")).toBe("200");
    expect(await statusOf("GET // HTTP/1.0\r\n\r\n")).toBe("404");
    for (const host of ["[", "a b", "a:b:c", "[::1", "%", ""]) {
      const status = await statusOf(`GET /metrics HTTP/1.1\r\nHost: ${host}\r\n${close}`);
      expect([host, ["400", "403"].includes(status ?? "")]).toEqual([host, true]);
    }
    expect(program.stderr.text).not.toMatch(/Error|Invalid URL/);
  });

  test("health stays 200 and readiness says why not, from a signal until the last client has gone", async () => {
    const { program, port, url } = await startWithAdmin();
    await using _ = program;
    await using client = new Program([executable("client"), `127.0.0.1:${port}`, "--no-reconnect"]);
    await client.stderr.line(/^\[CONNECTED\]/);
    client.signal("SIGSTOP");
    program.signal("SIGTERM");
    const begun = performance.now();
    let ready = await fetch(new URL("/readyz", url));
    while (ready.status === 200 && performance.now() - begun < 1_000) {
      await Bun.sleep(10);
      ready = await fetch(new URL("/readyz", url));
    }
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { ready: false, reasons: ["draining"] },
    ]);
    expect(performance.now() - begun).toBeLessThan(1_000);
    expect((await fetch(new URL("/healthz", url))).status).toBe(200);
    client.signal("SIGCONT");
    expect(await program.exit()).toMatchObject({ code: 0 });
  });

  test("is refused on an address that other machines reach, unless there is a secret", async () => {
    await using open = runMain("--port", "0", "--admin", "0.0.0.0:0");
    expect(await open.exit()).toMatchObject({ code: 2 });
    expect(open.stderr.text).toContain("can be reached from other machines");
    expect(open.stderr.text).toContain("--admin-secret-file");
    await using six = runMain("--port", "0", "--admin", "[::]:0");
    expect(await six.exit()).toMatchObject({ code: 2 });
    expect(six.stderr.text).toContain("--admin [::]:0 can be reached from other machines");

    await using guarded = runMain(
      "--port",
      "0",
      "--admin",
      "0.0.0.0:0",
      "--admin-secret-file",
      secretFile,
    );
    const [, adminPort = ""] = await guarded.stderr.line(/^\[ADMIN\] .*:(\d+)\/$/);
    expect(guarded.stderr.text).toContain("travels unencrypted");
    const url = `http://127.0.0.1:${adminPort}/metrics`;
    expect((await fetch(url)).status).toBe(401);
    const headers = { authorization: "Bearer 0123456789abcdef" };
    expect((await fetch(url, { headers })).status).toBe(200);
  });

  test.each([
    ["blanks", " ".repeat(40), "expected more than blanks"],
    [
      "a word and blanks",
      `hola${" ".repeat(40)}\n`,
      "expected at least 16 bytes without the blanks",
    ],
  ])("takes no secret of %s", async (name, content, sentence) => {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    const flags = ["--port", "0", "--admin", "127.0.0.1:0", "--admin-secret-file", path];
    await using program = runMain(...flags);
    expect(await program.exit()).toMatchObject({ code: 2 });
    expect(program.stderr.text).toContain(`Cannot use the secret in ${path}: ${sentence}`);
  });

  test("takes no descriptor from clients, however many connections are opened to it", async () => {
    const script = `ulimit -n 64; exec ${executable("server")} --port 0 --admin 127.0.0.1:0`;
    await using program = new Program(["/bin/sh", "-c", script]);
    const [, port = ""] = await program.stderr.line(/listening.*127\.0\.0\.1:(\d+)/);
    const [, url = ""] = await program.stderr.line(/^\[ADMIN\] .* (http:\S+)$/);
    const ended: Promise<void>[] = [];
    const floods = Array.from({ length: 200 }, async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      ended.push(promise);
      const socket = await Bun.connect({
        hostname: "127.0.0.1",
        port: Number(new URL(url).port),
        socket: { data() {}, close: () => resolve(), error: () => resolve() },
      });
      // A socket that says nothing is not even accepted.
      socket.write("GET /healthz HTTP/1.1\r\n");
    });
    await Promise.all(floods);
    using peer = await SaludoPeer.connect({ port: Number(port) });
    await within(peer.next("greeting"), () => "The flood of the admin address kept a client out");
    await within(Promise.all(ended), () => "The flood was not ended");
    expect((await fetch(new URL("/healthz", url))).status).toBe(200);
    expect(program.stderr.text).not.toContain("SystemError");
  });

  test("is refused where its port is taken, and then nothing is served", async () => {
    const { program, url } = await startWithAdmin();
    await using _ = program;
    const taken = new URL(url).port;
    await using second = runMain("--port", "0", "--admin", taken);
    expect(await second.exit()).toMatchObject({ code: 3 });
    expect(second.stderr.text).toContain(
      `Cannot listen on 127.0.0.1:${taken}: the address is in use (EADDRINUSE)`,
    );
  });

  test("takes no secret without an address", async () => {
    await using program = runMain("--admin-secret-file", secretFile);
    expect(await program.exit()).toMatchObject({ code: 2 });
    expect(program.stderr.text).toContain("--admin-secret-file needs --admin beside it");
  });
});
