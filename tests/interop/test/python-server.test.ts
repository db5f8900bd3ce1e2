import { expect, setDefaultTimeout, test } from "bun:test";

import type { Program } from "@typewire/testkit";

import { startClient } from "./executables.ts";
import { describePython, startPython } from "./python.ts";

setDefaultTimeout(30_000);

const WELCOME = { type: "welcome", text: "Bienvenido al servidor!" };
const GREETING = {
  type: "greeting",
  words: { 1: "Hola", 2: "Bienvenido", 3: "Al", 4: "Servidor" },
};

describePython("a Python server of typewire-client", () => {
  test("greets our client, which exits 0 after --count messages", async () => {
    await using server = startPython("tutorial_server.py", 0);
    await using client = startClient(await portOf(server), "--output", "json", "--count", "2");

    expect(await client.exit()).toMatchObject({ code: 0 });
    expect(client.stdout.lines.map((line) => JSON.parse(line))).toEqual([WELCOME, GREETING]);
  });

  test("greets many of our clients at once, at every interval", async () => {
    await using server = startPython("tutorial_server.py", 0, 0.05);
    const port = await portOf(server);
    const clients = Array.from({ length: 5 }, () =>
      startClient(port, "--output", "json", "--count", "4"),
    );

    for (const client of clients) {
      expect(await client.exit()).toMatchObject({ code: 0 });
      expect(client.stdout.lines.map((line) => JSON.parse(line).type)).toEqual([
        "welcome",
        "greeting",
        "greeting",
        "greeting",
      ]);
    }
  });

  test("receives our hello first, then what the user types", async () => {
    await using server = startPython("tutorial_server.py", 0);
    await using client = startClient(await portOf(server));
    await client.stdout.line(/Hola/);

    client.type("buenos días\n");

    const [, hello] = await server.stdout.line(/^\[RECEIVED\] \S+ (.*)$/);
    expect(hello).toStartWith("{'type': '$hello', 'protocol': 'saludo', 'version': 1");
    const [, said] = await server.stdout.line(/^\[RECEIVED\] \S+ (.*)$/);
    expect(said).toBe("{'type': 'say', 'text': 'buenos días'}");
  });

  test("that goes away ends a client with --no-reconnect, exit 9", async () => {
    await using server = startPython("tutorial_server.py", 0);
    await using client = startClient(await portOf(server), "--no-reconnect");
    await client.stdout.line(/Hola/);

    server.signal("SIGINT");

    expect(await server.exit()).toMatchObject({ code: 0 });
    expect(await client.exit()).toMatchObject({ code: 9 });
  });
});

async function portOf(server: Program): Promise<number> {
  const [, port] = await server.stdout.line(/^\[LISTENING\] .*, (\d+)\)$/);
  return Number(port);
}
