// The command as its users see it: flags, streams, signals, exit codes.

import { describe, expect, test } from "bun:test";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { encodeHeader } from "@typewire/protocol";
import { saludo } from "@typewire/protocol/saludo";

import { runMain, runServer, startServer, underShell } from "./programs.ts";
import { hello, SaludoListener, welcome } from "@typewire/testkit/saludo-listener";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const greeting = { type: "greeting", words: { 1: "Hola", 2: "Bienvenido" } } as const;
const unknown = Buffer.from("a164747970656573686f7574", "hex"); // {type: "shout"}
/** How often a race is run, of two programs each. */
const ROUNDS = process.env["TYPEWIRE_LONG"] === undefined ? 3 : 25;

describe("typewire-client and typewire-server", () => {
  test("greet and talk: what one types the others print", async () => {
    await using server = await startServer();
    await using first = runMain(`127.0.0.1:${server.port}`);
    await using second = runMain(`:${server.port}`, "--output", "json");
    await first.stdout.line(/^\[RECEIVED\] Bienvenido al servidor!$/);
    await first.stdout.line(
      /^\[RECEIVED\] \{1: "Hola", 2: "Bienvenido", 3: "Al", 4: "Servidor"\}$/,
    );
    await second.stdout.line(/^\{"type":"greeting","words":\{"1":"Hola","2":"Bienvenido"/);

    first.type("¿Qué tal?\n");
    const [line] = await second.stdout.line(/"said"/);
    expect(second.stdout.lines.at(-1)).toMatch(
      /^\{"type":"said","from":"127\.0\.0\.1:\d+","text":"¿Qué tal\?","at":"\d{4}-.*Z"\}$/,
    );
    expect(line).toBe('"said"');
    second.type('{"type":"say","text":"bien"}\n');
    await first.stdout.line(/^\[RECEIVED\] 127\.0\.0\.1:\d+: bien$/);
    await server.program.stdout.line(/^\[RECEIVED\] 127\.0\.0\.1:\d+: bien$/);
    expect(first.stdout.text).not.toContain("¿Qué tal?");
  });

  test("log the tutorial's tags on stderr, data on stdout", async () => {
    await using server = await startServer();
    await using client = runMain(String(server.port), "--count", "2");
    expect(await client.exit()).toEqual({ code: 0, signal: null });
    expect(client.stderr.lines).toEqual([
      `[CONNECTING] The client is connecting to the server at 127.0.0.1:${server.port}...`,
      `[CONNECTED] The client is connected to the server at 127.0.0.1:${server.port}`,
    ]);
    expect(client.stdout.lines).toHaveLength(2);
  });

  test("speak the tutorial's Spanish with --lang es", async () => {
    await using server = await startServer("--lang", "es");
    await using client = runMain(String(server.port), "--lang", "es");
    await client.stderr.line(/^\[CONNECTING\] cliente conectando al servidor\.\.\./);
    await client.stderr.line(/^\[CONNECTED\] cliente conectado al servidor en 127\.0\.0\.1:\d+$/);
    client.signal("SIGINT");
    await client.stderr.line(/^\[!\] SALIENDO!!$/);
    expect(await client.exit()).toEqual({ code: 0, signal: null });
    await server.program.stderr.line(
      /^\[DISCONNECTED\] El servidor se ha desconectado de .*: el otro extremo ha cerrado la conexión$/,
    );
  });

  test("lose no line that was piped in, up to the end of --count", async () => {
    await using server = await startServer();
    const lines = Array.from({ length: 2000 }, (_, index) => `line ${index}`);
    await using client = runMain(String(server.port));
    client.type(lines.join("\n"));
    client.endInput();
    await server.program.stdout.line(/: line 1999$/);
    const received = server.program.stdout.lines.map((line) => line.replace(/^.*: /, ""));
    expect(received).toEqual(lines);
    // The end of stdin is not the end of listening.
    await using speaker = runMain(String(server.port), "--output", "json");
    speaker.type('{"type":"say","text":"anyone?"}\n');
    await client.stdout.line(/anyone\?/);
  });

  test("lose no line that was in the pipe when --count was reached", async () => {
    await using server = await startServer();
    for (let round = 0; round < ROUNDS; round += 1) {
      const clients = ["human", "json"].map((output) => {
        const line = output === "json" ? '{"type":"say","text":"hola"}' : "hola";
        return underShell(
          `printf '%s\\n' '${line}' | CLIENT ${server.port} --count 1 --output ${output}`,
        );
      });
      for (const client of clients) {
        await using ending = client;
        expect(await ending.exit()).toEqual({ code: 0, signal: null });
      }
      await server.program.stdout.line(/: hola$/);
      await server.program.stdout.line(/: hola$/);
    }
    expect(server.program.stdout.lines).toHaveLength(2 * ROUNDS);
  }, 60_000);

  test("work over a Unix socket", async () => {
    const path = join(tmpdir(), `typewire-client-${process.pid}.sock`);
    await using server = runServer("--unix", path);
    await server.stderr.line(/^\[LISTENING\]/);
    await using client = runMain("--unix", path);
    await client.stderr.line(new RegExp(`^\\[CONNECTED\\] .* unix:${path}$`));
    await client.stdout.line(/Hola/);
    client.type("hola\n");
    await server.stdout.line(/^\[RECEIVED\] unix:1: hola$/);
    server.signal("SIGTERM");
    expect(await server.exit()).toEqual({ code: 0, signal: null });
  });
});

describe("typewire-client", () => {
  test("talks to a server that says no hello, as the tutorial's", async () => {
    using server = new SaludoListener();
    await using client = runMain(String(server.port), "--count", "2", "--output", "diag");
    const accepted = await server.accept(welcome, greeting);
    await accepted.next("$bye");
    accepted.raw.shutdown();
    expect(await client.exit()).toEqual({ code: 0, signal: null });
    expect(client.stdout.lines).toEqual([
      '{"type": "welcome", "text": "Bienvenido al servidor!"}',
      '{"type": "greeting", "words": {1: "Hola", 2: "Bienvenido"}}',
    ]);
  });

  test("with --wait waits for its server, and ends at a signal before it is up", async () => {
    const place = new SaludoListener();
    const { port } = place;
    place[Symbol.dispose]();
    await using client = runMain(String(port), "--wait", "--count", "1");
    await using stopped = runMain(String(port), "--wait");
    await client.stderr.line(/next attempt/);
    await stopped.stderr.line(/next attempt/);
    stopped.signal("SIGTERM");
    expect(await stopped.exit()).toEqual({ code: 0, signal: null });
    await using _server = await startServer("--port", String(port));
    expect(await client.exit()).toEqual({ code: 0, signal: null });
  });

  test("does not wait at --count for a pipe that stays silent", async () => {
    await using server = await startServer();
    await using client = runMain(String(server.port), "--count", "1");
    expect(await client.exit()).toEqual({ code: 0, signal: null });
  });

  test("exits 9 when a signal comes before what was read from stdin has left", async () => {
    using server = new SaludoListener();
    await using client = runMain(String(server.port));
    const accepted = await server.accept(hello);
    await client.stderr.line(/^\[CONNECTED\]/);
    server[Symbol.dispose]();
    accepted.raw.reset();
    await client.stderr.line(/next attempt/);
    client.type("hola\n");
    client.endInput();
    // Read before the signal, which reading does not outlive.
    await Bun.sleep(200);
    client.signal("SIGINT");
    expect(await client.exit()).toEqual({ code: 9, signal: null });
    expect(client.stderr.text).toContain("Lines that were read from stdin were not sent");
  });

  test("exits 9 when a signal comes before the server has answered, with a line read", async () => {
    using server = new SaludoListener();
    await using client = runMain(String(server.port));
    client.type("hola\n");
    await server.accept();
    await Bun.sleep(200);
    client.signal("SIGTERM");
    expect(await client.exit()).toEqual({ code: 9, signal: null });
  });

  test("prints exactly --count messages, even where more came at once", async () => {
    using server = new SaludoListener();
    await using client = runMain(String(server.port), "--count", "3");
    const accepted = await server.accept(...Array.from({ length: 50 }, () => welcome));
    accepted.raw.shutdown();
    expect(await client.exit()).toEqual({ code: 0, signal: null });
    expect(client.stdout.lines).toHaveLength(3);
  });

  test("shows every message with --trace, as the tutorial did", async () => {
    using server = new SaludoListener();
    await using client = runMain(String(server.port), "--trace");
    await server.accept(greeting);
    client.type("hola\n");
    await client.stderr.line(/^\[HEADER\] "\d\d {8}", from 127\.0\.0\.1:\d+$/);
    await client.stderr.line(/^\[RECEIVED ENCODED\] a26474797065686772656574696e67/);
    await client.stderr.line(/^\[RECEIVED DECODED\] \{type: "greeting", words: \{1: "Hola", /);
    await client.stderr.line(/^\[TYPE\] say, to 127\.0\.0\.1:\d+$/);
    await client.stderr.line(/^\[MESSAGE\] \{type: "say", text: "hola"\}$/);
    await client.stderr.line(/^\[MESSAGE ENCODED\] a2647479706563736179/);
    await client.stderr.line(/^\[HEADER\] "20 {8}"$/);
  });

  test("comes back when the server does, and sends what was typed meanwhile", async () => {
    await using server = await startServer();
    await using client = runMain(String(server.port));
    await client.stdout.line(/Hola/);
    server.program.signal("SIGTERM");
    await client.stderr.line(
      /^\[DISCONNECTED\] The peer said goodbye: The server is shutting down; the next attempt is in 0\.\ds$/,
    );
    await server.program.exit();
    client.type("typed meanwhile\n");
    await using again = await startServer("--port", String(server.port));
    await client.stderr.line(/^\[CONNECTED\]/);
    await again.program.stdout.line(/: typed meanwhile$/);
  });

  test("goes from a server that ends to another, and takes along what was typed meanwhile", async () => {
    await using one = await startServer();
    await using other = await startServer();
    await using client = runMain(String(one.port), String(other.port), "--log", "json");
    await client.stdout.line(/Hola/);
    const [, port] = await client.stderr.line(/"event":"connected","address":"127.0.0.1:(\d+)"/);
    const [first, second] = Number(port) === one.port ? [one, other] : [other, one];
    first.program.signal("SIGTERM");
    await client.stderr.line(new RegExp(`"event":"lost","address":"127.0.0.1:${first.port}"`));
    client.type("typed meanwhile\n");
    await second.program.stdout.line(/: typed meanwhile$/);
    await first.program.exit();
  });

  test("skips empty lines and says what is wrong with others: exit 6, after what came before", async () => {
    using server = new SaludoListener();
    await using client = runMain(String(server.port));
    const accepted = await server.accept(hello);
    client.type(`uno\n\n   \ndos\n${"x".repeat(4097)}\ntres\n`);
    await accepted.next("$bye");
    accepted.raw.shutdown();
    expect(await client.exit()).toEqual({ code: 6, signal: null });
    expect(accepted.said).toEqual(["uno", "dos"]);
    expect(client.stderr.lines.at(-1)).toMatch(
      /^\[ERROR\] Line 5 of stdin was not sent: schema-mismatch at \/text: /,
    );
  });

  test.each([
    ["hola", "not JSON: "],
    ["null", ""],
    ['{"type":"shout"}', "shout"],
    ['{"type":"say","text":7}', "schema-mismatch at /text: "],
    ['{"type":"$bye","reason":"x"}', "$bye"],
  ])("with --output json refuses the line %s: exit 6", async (line, reason) => {
    using server = new SaludoListener();
    await using client = runMain(String(server.port), "--output", "json");
    const accepted = await server.accept(hello);
    client.type(`${line}\n`);
    expect(await accepted.next("$bye")).toMatchObject({ reason: "done" });
    accepted.raw.shutdown();
    expect(await client.exit()).toEqual({ code: 6, signal: null });
    expect(client.stderr.lines.at(-1)).toStartWith("[ERROR] Line 1 of stdin was not sent: ");
    expect(client.stderr.lines.at(-1)).toContain(reason);
  });
});

describe("typewire-client's exit codes", () => {
  test("2 and one line for wrong flags", async () => {
    await using program = runMain("::1");
    expect(await program.exit()).toEqual({ code: 2, signal: null });
    expect(program.stderr.lines).toHaveLength(1);
    expect(program.stdout.lines).toEqual([]);
  });

  test("3 and one line where no server listens, where the name is none, where no server answers", async () => {
    const gone = new SaludoListener();
    gone[Symbol.dispose]();
    await using refused = runMain(String(gone.port));
    await using nameless = runMain("no-such-host.invalid:80");
    using silent = new SaludoListener();
    await using unanswered = runMain(String(silent.port), "--connect-timeout", "50ms");
    await using twice = runMain(String(gone.port), `localhost:${gone.port}`, "--log", "json");
    expect(await twice.exit()).toEqual({ code: 3, signal: null });
    for (const host of ["127.0.0.1", "localhost"]) {
      const said = `Cannot connect to ${host}:${gone.port}: connection refused`;
      expect(twice.stderr.lines.at(-1)).toContain(said);
    }
    for (const [program, reason] of [
      [refused, `127.0.0.1:${gone.port}: connection refused (ECONNREFUSED)`],
      [nameless, "no-such-host.invalid:80: the name has no address (ENOTFOUND)"],
      [unanswered, `127.0.0.1:${silent.port}: no answer in 50 ms`],
    ] as const) {
      expect(await program.exit()).toEqual({ code: 3, signal: null });
      expect(program.stderr.lines.slice(1)).toEqual([`[ERROR] Cannot connect to ${reason}`]);
    }
  });

  test("5 when --timeout is over before --count", async () => {
    using server = new SaludoListener();
    await using client = runMain(String(server.port), "--timeout", "1s", "--count", "9");
    const accepted = await server.accept(welcome);
    await accepted.next("$bye");
    accepted.raw.shutdown();
    expect(await client.exit()).toEqual({ code: 5, signal: null });
    expect(client.stderr.lines.at(-1)).toBe("[ERROR] --timeout 1s is over; messages received: 1");
  });

  test.each([
    ["5", ["--timeout", "1s", "--count", "9"], false],
    ["9", ["--no-reconnect"], true],
  ] as const)(
    "6 instead of %s where the server had sent what the schema forbids",
    async (_code, flags, isHangingUp) => {
      using server = new SaludoListener();
      await using client = runMain(String(server.port), ...flags);
      const accepted = await server.accept(hello);
      await accepted.raw.sendPayload(unknown);
      expect(await accepted.next("$error")).toMatchObject({ code: "unknown-type" });
      if (!isHangingUp) await accepted.next("$bye");
      accepted.raw.shutdown();
      expect(await client.exit()).toEqual({ code: 6, signal: null });
      expect(client.stderr.text).toMatch(/\[REFUSED\] A message from 127\.0\.0\.1:\d+: .*shout/);
    },
  );

  test("7 for a server of another protocol or version", async () => {
    using server = new SaludoListener();
    for (const other of [
      { ...hello, protocol: "adios" },
      { ...hello, version: 2 },
    ]) {
      await using client = runMain(String(server.port));
      const accepted = await server.accept(other);
      expect(await accepted.next("$error")).toMatchObject({ code: "protocol-mismatch" });
      accepted.raw.shutdown();
      expect(await client.exit()).toEqual({ code: 7, signal: null });
      expect(client.stderr.lines.at(-1)).toContain(`${other.protocol} ${other.version}`);
    }
  });

  test.each([
    ["HTTP", text("HTTP/1.1 200 OK\r\n"), "header-invalid"],
    ["a header and no payload", encodeHeader(100), "frame-truncated"],
    ["a frame over the limit", text("1048577   "), "frame-too-large"],
    ["no CBOR", Buffer.from(`${"1".padEnd(10)}\u001f`), "cbor-malformed"],
    ["pickle", Buffer.from(`${"6".padEnd(10)}\x80\x04K\x01s.`, "latin1"), "cbor-malformed"],
  ])("8 for a server that sends %s", async (_what, bytes, code) => {
    using server = new SaludoListener();
    await using client = runMain(String(server.port));
    const accepted = await server.accept();
    await accepted.raw.send(bytes);
    accepted.raw.shutdown();
    expect(await client.exit()).toEqual({ code: 8, signal: null });
    expect(client.stderr.lines.at(-1)).toStartWith("[ERROR] Cannot connect to 127.0.0.1:");
    expect(await accepted.next("$error")).toMatchObject({ code });
  });

  test("8 for such a server later as well, with --no-reconnect", async () => {
    using server = new SaludoListener();
    await using client = runMain(String(server.port), "--no-reconnect");
    const accepted = await server.accept(hello, welcome);
    await accepted.raw.send("garbage!!!");
    accepted.raw.shutdown();
    expect(await client.exit()).toEqual({ code: 8, signal: null });
    expect(client.stderr.lines.at(-1)).toStartWith("[DISCONNECTED] header-invalid: ");
  });

  test("9 for a server that closes, with --no-reconnect", async () => {
    using server = new SaludoListener();
    await using client = runMain(String(server.port), "--no-reconnect");
    const accepted = await server.accept(hello, welcome);
    accepted.raw.shutdown();
    expect(await client.exit()).toEqual({ code: 9, signal: null });
    expect(client.stderr.lines.at(-1)).toBe("[DISCONNECTED] The peer closed the connection");
  });

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("0 for %s, after $bye", async (signal) => {
    using server = new SaludoListener();
    await using client = runMain(String(server.port));
    const accepted = await server.accept(hello, welcome);
    await client.stdout.line(/Bienvenido/);
    client.signal(signal);
    await accepted.next("$bye");
    accepted.raw.shutdown();
    expect(await client.exit()).toEqual({ code: 0, signal: null });
    expect(client.stderr.lines.at(-1)).toBe("[!] EXITING!!");
  });

  test("0 for SIGINT while no server answers", async () => {
    using server = new SaludoListener();
    await using client = runMain(String(server.port));
    const accepted = await server.accept();
    await accepted.next("$hello");
    client.signal("SIGINT");
    expect(await client.exit()).toEqual({ code: 0, signal: null });
  });

  test("130 for an impatient SIGINT while the server holds the end up", async () => {
    using server = new SaludoListener();
    await using client = runMain(String(server.port));
    await server.accept(hello, welcome);
    await client.stdout.line(/Bienvenido/);
    let hasExited = false;
    const exited = client.exit().finally(() => {
      hasExited = true;
    });
    // Keeps pressing until one press counts, half a second after the first.
    while (!hasExited) {
      client.signal("SIGINT");
      await Promise.race([exited, Bun.sleep(20)]);
    }
    expect(await exited).toEqual({ code: 130, signal: null });
  });
});

describe("typewire-client's stdout", () => {
  test("loses nothing to a slow reader at the exit", async () => {
    using server = new SaludoListener();
    const count = 20_000;
    await using client = underShell(`CLIENT ${server.port} --count ${count} | (sleep 0.3; cat)`);
    const accepted = await server.accept(hello);
    const sending = accepted.send(
      ...Array.from(
        { length: count },
        (_, index) => ({ type: "welcome", text: `${index}` }) as const,
      ),
    );
    await accepted.next("$bye");
    await sending;
    accepted.raw.shutdown();
    expect(await client.exit()).toEqual({ code: 0, signal: null });
    expect(client.stdout.lines).toHaveLength(count);
    expect(client.stdout.lines.at(-1)).toBe(`[RECEIVED] ${count - 1}`);
  });

  test("ends quietly with 0 when its reader has gone", async () => {
    using server = new SaludoListener();
    await using client = underShell(`(CLIENT ${server.port}; echo "exit $?" >&2) | :`);
    const accepted = await server.accept(welcome);
    await accepted.next("$bye");
    accepted.raw.shutdown();
    await client.exit();
    expect(client.stderr.lines.slice(2)).toEqual(["exit 0"]);
  });

  test.each(["", "--count 1"])(
    "ends with 1 and one line when the disk is full: %s",
    async (flags) => {
      using server = new SaludoListener();
      await using client = underShell(`exec CLIENT ${server.port} ${flags} > /dev/full`);
      const accepted = await server.accept(welcome);
      await accepted.next("$bye");
      accepted.raw.shutdown();
      expect(await client.exit()).toEqual({ code: 1, signal: null });
      expect(client.stderr.lines.slice(2)).toEqual([
        expect.stringMatching(/^\[ERROR\] stdout cannot be written: .*ENOSPC/),
      ]);
    },
  );
});

test("the saludo payloads above are what their comments say", () => {
  expect(saludo.server.decode(saludo.server.encode(greeting))).toEqual(greeting);
  expect(() => saludo.server.decode(unknown)).toThrow("shout");
});
