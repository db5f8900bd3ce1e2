// typewire-peer, what a Python user adds: its own tests, its page, and both of its ends against the executables.

import { afterAll, expect, setDefaultTimeout, test } from "bun:test";

import { Certificates, outsideTool, Program } from "@typewire/testkit";

import { RecordingProxy } from "../releases/recording-proxy.ts";
import { typeOf } from "../releases/transcript.ts";
import { startClient, startServer } from "./executables.ts";
import { Page } from "./markdown.ts";
import { describePython, PYTHON_FOLDER, startPython } from "./python.ts";

setDefaultTimeout(60_000);

const python = outsideTool("python") ?? "";
const page = await Page.open("tests/interop/python/README.md");

/** Runs Python code from the page, on another port. */
function startFromPage(info: string, port: number): Program {
  const script = page.block("python", info).replace("8080", String(port));
  return new Program([python, "-u", "-c", script], { cwd: PYTHON_FOLDER });
}

describePython("typewire-peer", () => {
  test("passes its own tests", async () => {
    await using run = new Program([python, "-W", "error", "-m", "unittest"], {
      cwd: PYTHON_FOLDER,
    });
    const { code } = await run.exit(50_000);
    expect(run.stderr.text).toContain("\nOK");
    expect(code).toBe(0);
  });

  test("the client of its page is one of typewire-server", async () => {
    await using server = await startServer();
    await using client = startFromPage("client", server.port);
    await client.stdout.line(/'type': 'greeting', 'words': \{1: 'Hola'/);
    await server.program.stdout.line(/hola desde Python/);
    server.program.signal("SIGTERM");
    expect(await client.exit()).toMatchObject({ code: 0 });
  });

  test("the calls of its page come to what is shown below them", async () => {
    await using program = startFromPage("calls", 0);
    expect(await program.exit()).toMatchObject({ code: 0 });
    expect(program.stdout.lines).toEqual(page.block("text", "calls").trimEnd().split("\n"));
    expect(program.stderr.text).toBe("");
  });

  test("the server of its page is one for typewire-client", async () => {
    await using server = startFromPage("server", 0);
    const [, port] = await server.stdout.line(/listening on (\d+)/);
    await using client = startClient(Number(port));
    await client.stdout.line(/Bienvenido al servidor!/);
    client.type("hola\n");
    await server.stdout.line(/\{'type': 'say', 'text': 'hola'\}/);
  });
});

describePython("a server over typewire-peer", () => {
  test("passes on what our clients say, refuses nothing of it, and leaves in order", async () => {
    await using server = startPython("saludo_peer.py", "server", 0);
    const [, port] = await server.stdout.line(/\[LISTENING\] (\d+)/);
    await using listening = startClient(Number(port), "--output", "json", "--no-reconnect");
    await listening.stdout.line(/"greeting"/);
    await using speaking = startClient(Number(port), "--no-reconnect");
    await speaking.stdout.line(/Hola/);
    speaking.type("¿Qué tal? 👋\n");
    const [said] = await listening.stdout.line(/^.*"said".*$/);
    expect(JSON.parse(said)).toMatchObject({ type: "said", text: "¿Qué tal? 👋" });

    server.signal("SIGTERM");
    expect(await listening.exit()).toMatchObject({ code: 9 });
    expect(await server.exit()).toMatchObject({ code: 0 });
    expect(server.stderr.text).toBe("");
  });

  test.each([
    ["asks a silent client for life", 0.1, "60s", "client"],
    ["answers a client that asks for life", 60, "100ms", "server"],
  ] as const)("%s", async (_what, serverSeconds, clientInterval, answering) => {
    await using server = startPython("saludo_peer.py", "server", 0, "--heartbeat", serverSeconds);
    const [, port] = await server.stdout.line(/\[LISTENING\] (\d+)/);
    using proxy = new RecordingProxy(Number(port), { server: "library", client: "executable" });
    const heartbeat = ["--limit", `heartbeatIntervalMs=${clientInterval}`];
    await using client = startClient(proxy.port, "--no-reconnect", ...heartbeat);
    await client.stdout.line(/Hola/);
    const [transcript] = proxy.transcripts;
    await transcript?.until((entry) => entry.from === answering && typeOf(entry) === "$pong");
    client.type("sigo aquí\n");
    await server.stdout.line(/sigo aquí/);
  });
});

describePython("typewire-peer over TLS", () => {
  const certificates = new Certificates();
  afterAll(() => certificates[Symbol.dispose]());
  const authority = certificates.authority("authority");
  const { certFile, keyFile } = authority.issue("server");
  const serverTls = ["--tls-cert", certFile, "--tls-key", keyFile];

  test("its client talks with our server", async () => {
    await using server = await startServer(...serverTls);
    const flags = ["--tls-ca", authority.caFile, "--say", "en secreto"];
    await using client = startPython("saludo_peer.py", "client", server.port, ...flags);
    await client.stdout.line(/'greeting'/);
    await server.program.stdout.line(/en secreto/);
  });

  test("its server talks with our client, which ends in order", async () => {
    await using server = startPython("saludo_peer.py", "server", 0, ...serverTls);
    const [, port] = await server.stdout.line(/\[LISTENING\] (\d+)/);
    await using client = startClient(Number(port), "--tls-ca", authority.caFile);
    await client.stdout.line(/Hola/);
    client.type("en secreto\n");
    await server.stdout.line(/en secreto/);
    client.signal("SIGTERM");
    expect(await client.exit()).toMatchObject({ code: 0 });
    await server.stdout.line(/\[DISCONNECTED\] \{'type': '\$bye'/);
  });
});
