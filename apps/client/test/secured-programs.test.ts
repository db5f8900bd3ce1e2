// Both commands with certificates and secrets, one against the other: what a person sees, and exit codes.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, writeFileSync } from "node:fs";
import { Certificates, Program } from "@typewire/testkit";

import { runMain, runServer, startServer } from "./programs.ts";

setDefaultTimeout(20_000);

const certificates = new Certificates();
afterAll(() => certificates[Symbol.dispose]());
const authority = certificates.authority("authority");
const own = authority.issue("server");
const alice = authority.issue("alice");
const mallory = certificates.authority("rogue").issue("mallory");

const serverTls = ["--tls-cert", own.certFile, "--tls-key", own.keyFile] as const;
const mutual = [...serverTls, "--tls-ca", authority.caFile, "--tls-require-client-cert"] as const;
const trust = ["--tls-ca", authority.caFile] as const;

const secretText = "the secret of these tests";
const secret = certificates.path("secret");
const other = certificates.path("other");
beforeAll(() => {
  writeFileSync(secret, `${secretText}\n`, { mode: 0o600 });
  writeFileSync(other, "the secret of some others\n", { mode: 0o600 });
});

const client = (port: number, ...flags: readonly string[]): Program =>
  runMain(`127.0.0.1:${port}`, "--lang", "en", "--count", "2", ...flags);

describe("the commands over TLS", () => {
  test("talk, and say nothing special about it", async () => {
    await using server = await startServer(...serverTls);
    await using program = client(server.port, ...trust);
    expect(await program.exit()).toMatchObject({ code: 0 });
    expect(program.stdout.lines).toHaveLength(2);
    expect(program.stderr.text).not.toContain("WARNING");
  });

  test("T6: NODE_TLS_REJECT_UNAUTHORIZED=0 has no effect but a warning, at either end", async () => {
    await using server = await startServer(...mutual);
    const { PATH = "" } = process.env;
    const env = { PATH, NODE_TLS_REJECT_UNAUTHORIZED: "0" };
    const main = `${import.meta.dir}/../src/main.ts`;
    const command = [process.execPath, main, `127.0.0.1:${server.port}`, "--lang", "en", "--tls"];
    await using program = new Program(command, { env });
    expect(await program.exit()).toMatchObject({ code: 3 });
    expect(program.stderr.text).toContain("NODE_TLS_REJECT_UNAUTHORIZED=0 has no effect");
    expect(program.stderr.text).toContain("comes from an unknown authority");
    expect(server.program.stderr.text).not.toContain("[CONNECTED]");
  });

  test.each([
    [
      "T4: plaintext to a TLS port",
      serverTls,
      [],
      8,
      /this looks like a TLS alert; the peer expects TLS/,
    ],
    ["T4: TLS to a plaintext port", [], trust, 3, /the server does not speak TLS here/],
    ["T1: an unknown authority", serverTls, ["--tls"], 3, /comes from an unknown authority/],
    [
      "T1: another host",
      serverTls,
      [...trust, "--tls-server-name", "a.example"],
      3,
      /is for another host: asked for a.example/,
    ],
    [
      "T12: no certificate for a server that asks",
      mutual,
      trust,
      3,
      /asks for a certificate, and this side has none/,
    ],
    [
      "T12: one that it does not accept",
      mutual,
      [...trust, "--tls-cert", mallory.certFile, "--tls-key", mallory.keyFile],
      3,
      /it may not accept this client's certificate/,
    ],
    [
      "T2: a file that is not there",
      serverTls,
      ["--tls-ca", "/nowhere.pem"],
      2,
      /Cannot read \/nowhere.pem/,
    ],
  ])("%s", async (_, serverFlags, clientFlags, code, sentence) => {
    await using server = await startServer(...serverFlags);
    const startedAt = performance.now();
    await using program = client(server.port, ...clientFlags);
    expect(await program.exit()).toMatchObject({ code });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(program.stderr.lines.at(-1)).toMatch(sentence);
    expect(program.stderr.text).not.toContain("[CONNECTED]");
    expect(program.stdout.text).toBe("");
  });

  test("let in a client with a certificate where one is required", async () => {
    await using server = await startServer(...mutual);
    const flags = ["--tls-cert", alice.certFile, "--tls-key", alice.keyFile];
    await using program = client(server.port, ...trust, ...flags);
    expect(await program.exit()).toMatchObject({ code: 0 });
  });

  test("the server says which client was refused, and why", async () => {
    await using server = await startServer(...mutual);
    await using _program = client(server.port, ...trust);
    await server.program.stderr.line(
      /^\[REFUSED\] 127\.0\.0\.1:\d+: tls-failed: No TLS connection: the client showed no certificate/,
    );
  });

  test("T8: SIGHUP reads the certificates again; broken ones change nothing", async () => {
    const live = {
      certFile: certificates.path("live.pem"),
      keyFile: certificates.path("live.key"),
    };
    const put = ({ certFile, keyFile }: typeof own): void => {
      copyFileSync(certFile, live.certFile);
      copyFileSync(keyFile, live.keyFile);
    };
    put(mallory);
    const flags = ["--tls-cert", live.certFile, "--tls-key", live.keyFile] as const;
    await using server = await startServer(...flags);
    await using refused = client(server.port, ...trust);
    expect(await refused.exit()).toMatchObject({ code: 3 });

    put(own);
    server.program.signal("SIGHUP");
    await server.program.stderr.line(/^\[TLS\] The certificates were read again/);
    await using accepted = client(server.port, ...trust);
    expect(await accepted.exit()).toMatchObject({ code: 0 });

    writeFileSync(live.certFile, "broken");
    server.program.signal("SIGHUP");
    await server.program.stderr.line(
      /^\[TLS\] The certificates in use stay in use: Cannot use .*live/,
    );
    await using still = client(server.port, ...trust);
    expect(await still.exit()).toMatchObject({ code: 0 });

    server.program.signal("SIGTERM");
    expect(await server.program.exit()).toMatchObject({ code: 0 });
  });

  test("T2: a server whose key is another's does not start, and names the file", async () => {
    await using program = runServer(
      "--port",
      "0",
      "--tls-cert",
      own.certFile,
      "--tls-key",
      mallory.keyFile,
    );
    expect(await program.exit()).toMatchObject({ code: 2 });
    expect(program.stderr.lines.at(-1)).toBe(
      `[ERROR] Cannot use ${mallory.keyFile}: it is not the key of the certificate in ${own.certFile}`,
    );
  });
});

describe("the commands with a shared secret", () => {
  test.each([[[]], [serverTls]])("talk when both have it (%#)", async (flags) => {
    await using server = await startServer("--secret-file", secret, ...flags);
    const tls = flags.length === 0 ? [] : trust;
    await using program = client(server.port, "--secret-file", secret, ...tls);
    expect(await program.exit()).toMatchObject({ code: 0 });
    expect(program.stdout.lines).toHaveLength(2);
  });

  test.each([
    [
      "the wrong one",
      ["--secret-file", secret],
      ["--secret-file", other],
      /auth-failed.*the client's proof is not one of this server's secret/,
    ],
    [
      "none at the client",
      ["--secret-file", secret],
      [],
      /auth-required.*the peer asks for a shared secret, and the client has none|the client has none/,
    ],
    ["none at the server", [], ["--secret-file", secret], /the peer's \$hello has no nonce/],
  ])("%s: exit 7, at once, and nothing said", async (_, serverFlags, clientFlags, sentence) => {
    await using server = await startServer(...serverFlags);
    await using program = client(server.port, ...clientFlags);
    expect(await program.exit()).toMatchObject({ code: 7 });
    expect(program.stderr.lines.at(-1)).toMatch(sentence);
    expect(program.stdout.text).toBe("");
    expect(program.stderr.text).not.toContain("[CONNECTED]");
    for (const { stderr } of [program, server.program]) {
      expect(stderr.text).not.toContain(secretText);
    }
  });

  test("the server says which client was refused, and why, and nothing of the secret", async () => {
    await using server = runServer(
      "--port",
      "0",
      "--secret-file",
      secret,
      "--trace",
      "--log",
      "json",
    );
    const [, port] = await server.stderr.line(/"listening","address":"127\.0\.0\.1:(\d+)"/);
    await using _program = client(Number(port), "--secret-file", other);
    const [line] = await server.stderr.line(/^.*"not-opened".*$/);
    expect(JSON.parse(line)).toMatchObject({ event: "not-opened", code: "auth-failed" });
    expect(server.stderr.text).not.toContain(secretText);
  });

  test.each([
    ["too short", "short", /expected 16 to 65536 bytes, got 5/],
    ["not there", undefined, /there is no such file/],
  ])("a secret that is %s ends either command with 2", async (name, content, sentence) => {
    const path = certificates.path(`secret-${name}`);
    if (content !== undefined) writeFileSync(path, content);
    for (const program of [
      runServer("--port", "0", "--secret-file", path),
      client(1, "--secret-file", path),
    ]) {
      expect(await program.exit()).toMatchObject({ code: 2 });
      expect(program.stderr.lines.at(-1)).toMatch(sentence);
      await program[Symbol.asyncDispose]();
    }
  });

  test("a secret that others can read is used, with a warning", async () => {
    const path = certificates.path("readable");
    writeFileSync(path, secretText);
    await using server = await startServer("--secret-file", path);
    expect(server.program.stderr.text).toMatch(/^\[WARNING\] The secret in .*: chmod 600$/m);
  });
});
