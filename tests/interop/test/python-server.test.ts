import { expect, setDefaultTimeout, test } from "bun:test";

import type { Program } from "@typewire/testkit";

import { startClient } from "./executables.ts";
import { ascii, frame } from "./hex.ts";
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

describePython("a Python server that sends what it should not", () => {
  const HELLO = "64 74797065 66 2468656c6c6f 68 70726f746f636f6c 66 73616c75646f";
  const GREETING = "64 74797065 68 6772656574696e67 65 776f726473";

  test.each([
    ["a pickle in a frame", ascii("5         ") + "80049502 2e", 8, "cbor-malformed"],
    ["HTTP", ascii("HTTP/1.1 400 Bad Request\r\n\r\n"), 8, "header-invalid"],
    ["a length over the limit", ascii("9999999999"), 8, "frame-too-large"],
    ["a tag", frame(`a2 ${GREETING} c1 00`), 8, "cbor-unsupported"],
    ["another version", frame(`a3 ${HELLO} 67 76657273696f6e 02`), 7, "protocol-mismatch"],
    [
      "text keys where integers belong",
      frame(`a2 ${GREETING} a1 61 31 61 78`),
      6,
      "schema-mismatch",
    ],
    ["a client's message", frame("a2 64 74797065 63 736179 64 74657874 61 78"), 6, "unknown-type"],
  ])("is told why by typewire-client: %s", async (_name, bytes, exitCode, code) => {
    await using server = startPython("raw.py", "listen");
    const [, port] = await server.stdout.line(/^\[LISTENING\] (\d+)$/);
    await using client = startClient(Number(port), "--no-reconnect", "--count", "1");

    server.type(`${bytes}\n`);
    await server.stdout.line(new RegExp(`'\\$error', 'code': '${code}'`));
    server.type("\n");

    expect(await client.exit()).toMatchObject({ code: exitCode });
    expect(client.stdout.lines).toEqual([]);
  });

  test.each([
    ["an eight-byte float for a date", "fb 4279aae952000000"],
    ["a longer integer than needed", "1b 0000019aae952000"],
  ])("but is understood with %s and the keys in another order", async (_name, at) => {
    await using server = startPython("raw.py", "listen");
    const [, port] = await server.stdout.line(/^\[LISTENING\] (\d+)$/);
    await using client = startClient(Number(port), "--output", "json", "--count", "1");

    server.type(
      `${frame(`a4 62 6174 ${at} 64 74657874 61 62 64 66726f6d 61 61 64 74797065 64 73616964`)}\n`,
    );

    expect(await client.exit()).toMatchObject({ code: 0 });
    expect(JSON.parse(client.stdout.text)).toMatchObject({
      type: "said",
      at: "2025-11-23T02:40:00.000Z",
    });
  });
});

async function portOf(server: Program): Promise<number> {
  const [, port] = await server.stdout.line(/^\[LISTENING\] .*, (\d+)\)$/);
  return Number(port);
}
