import { expect, setDefaultTimeout, test } from "bun:test";

import { startClient, startServer } from "./executables.ts";
import { describePython, startPython } from "./python.ts";

setDefaultTimeout(30_000);

const GREETING =
  "{'type': 'greeting', 'words': {1: 'Hola', 2: 'Bienvenido', 3: 'Al', 4: 'Servidor'}}";

describePython("a Python client of typewire-server", () => {
  test("receives the tutorial's dict with integer keys, without ever saying hello", async () => {
    await using server = await startServer();
    await using client = startPython("tutorial_client.py", "127.0.0.1", server.port);

    const [, hello] = await client.stdout.line(/^\[RECEIVED DECODED\] (.*)$/);
    const [, welcome] = await client.stdout.line(/^\[RECEIVED DECODED\] (.*)$/);
    const [, header] = await client.stdout.line(/^\[HEADER\] (.*)$/);
    const [, greeting] = await client.stdout.line(/^\[RECEIVED DECODED\] (.*)$/);

    expect(hello).toStartWith("{'type': '$hello', 'protocol': 'saludo', 'version': 1");
    expect(welcome).toBe("{'type': 'welcome', 'text': 'Bienvenido al servidor!'}");
    expect(header).toBe("b'54        '");
    expect(greeting).toBe(GREETING);
  });

  test("is greeted again at every interval", async () => {
    await using server = await startServer("--interval", "50ms");
    await using client = startPython("tutorial_client.py", "127.0.0.1", server.port);

    for (let greetings = 0; greetings < 4; greetings += 1) {
      await client.stdout.line(/'type': 'greeting'/);
    }
    expect(client.stdout.lines.filter((line) => line.includes(GREETING)).length).toBeGreaterThan(3);
  });

  test("receives another greeting than the tutorial's where the server was given one", async () => {
    await using server = await startServer("--greeting", '{"7": "siete", "-1": "menos uno"}');
    await using client = startPython("tutorial_client.py", "127.0.0.1", server.port);

    const [line] = await client.stdout.line(/^.*'type': 'greeting'.*$/);

    expect(line).toEndWith("{7: 'siete', -1: 'menos uno'}}");
  });

  test("says something, and everybody receives it but itself", async () => {
    await using server = await startServer();
    await using listening = startPython("tutorial_client.py", "127.0.0.1", server.port);
    await using ours = startClient(server.port, "--output", "json");
    await listening.stdout.line(/'greeting'/);
    await ours.stdout.line(/"greeting"/);

    await using first = startPython("saludo_peer.py", "client", server.port, "--say", "primero");
    const [, from] = await server.program.stdout.line(/(127\.0\.0\.1:\d+).*primero/);
    await using _second = startPython("saludo_peer.py", "client", server.port, "--say", "segundo");

    const [, python] = await listening.stdout.line(/DECODED\] (.*'primero'.*)$/);
    expect(python).toMatch(
      new RegExp(`^\\{'type': 'said', 'from': '${from}', 'text': 'primero', 'at': \\d{13}\\}$`),
    );
    const [json] = await ours.stdout.line(/^.*primero.*$/);
    expect(JSON.parse(json)).toMatchObject({ type: "said", from, text: "primero" });
    await first.stdout.line(/'said'.*'segundo'/);
    expect(first.stdout.lines.filter((line) => line.includes("primero"))).toEqual([]);
    await ours.stdout.line(/segundo/);
  });

  test("hears what a user types into typewire-client", async () => {
    await using server = await startServer();
    await using listening = startPython("tutorial_client.py", "127.0.0.1", server.port);
    await listening.stdout.line(/'greeting'/);
    await using ours = startClient(server.port);
    await ours.stdout.line(/Hola/);

    ours.type("¿Qué tal? 👋\n");

    const [line] = await listening.stdout.line(/^.*'said'.*$/);
    expect(line).toContain("'text': '¿Qué tal? 👋'");
  });

  test("learns from `$bye` that the server is leaving, then sees the end of the stream", async () => {
    await using server = await startServer();
    await using client = startPython("tutorial_client.py", "127.0.0.1", server.port);
    await client.stdout.line(/'greeting'/);

    server.program.signal("SIGTERM");

    await client.stdout.line(/'type': '\$bye', 'reason': '/);
    expect(await client.exit()).toMatchObject({ code: 0 });
    expect(await server.program.exit()).toMatchObject({ code: 0 });
    expect(client.stdout.lines.at(-1)).toBe("[DISCONNECTED] the server has closed the connection");
  });
});
