// The command as its users see it: flags, streams, signals, exit codes.

import { afterAll, describe, expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type ControlMessage, HEADER_BYTES } from "@typewire/protocol";
import { ByteWriter } from "@typewire/protocol/internal";
import { saludo } from "@typewire/protocol/saludo";
import { executable, Program, ScriptedPeer } from "@typewire/testkit";

import { runMain, startServer } from "./programs.ts";
import { SaludoPeer } from "@typewire/testkit/saludo-peer";

const folder = mkdtempSync(join(tmpdir(), "typewire-server-"));
afterAll(() => rmSync(folder, { recursive: true }));

const fifo = join(folder, "fifo");

/** The server under a shell, which sets up what a test cannot: limits, closed pipes. */
function underShell(script: string): Program {
  return new Program(["/bin/sh", "-c", script.replace("SERVER", executable("server"))]);
}

function payloadOf(message: ControlMessage | Uint8Array): Uint8Array {
  if (message instanceof Uint8Array) return message;
  const writer = new ByteWriter();
  saludo.client.encodeInto(message, writer);
  return writer.copy().subarray(HEADER_BYTES);
}

/** A peer of a server that cannot say when it listens: tries until it does. */
async function connectSoon(unix: string): Promise<SaludoPeer> {
  for (;;) {
    try {
      return await SaludoPeer.connect({ unix });
    } catch {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

async function portOf(program: Program): Promise<number> {
  const [, port] = await program.stderr.line(/\[LISTENING\].*:(\d+)/);
  return Number(port);
}

describe("typewire-server", () => {
  test("welcomes, greets at once and at every interval, in integer keys", async () => {
    await using server = await startServer("--interval", "20ms", "--greeting", '{"7":"siete"}');
    using peer = await SaludoPeer.connect({ port: server.port });
    expect(await peer.next("welcome")).toEqual({
      type: "welcome",
      text: "Bienvenido al servidor!",
    });
    for (let count = 0; count < 3; count += 1) {
      expect(await peer.next("greeting")).toEqual({ type: "greeting", words: { 7: "siete" } });
    }
  });

  test("prints what a client says and passes it on to everybody else", async () => {
    await using server = await startServer();
    using speaker = await SaludoPeer.connect({ port: server.port });
    using listener = await SaludoPeer.connect({ port: server.port });
    await listener.next("greeting");
    await speaker.say("hola\u001b[2J");
    const [, from = ""] = await server.program.stdout.line(
      /^\[RECEIVED\] (127\.0\.0\.1:\d+): hola\\u001b\[2J$/,
    );
    const said = await listener.next("said");
    expect(said).toMatchObject({ from, text: "hola\u001b[2J" });
    expect(Math.abs(Date.now() - said.at.getTime())).toBeLessThan(60_000);
    await listener.say("adiós");
    await speaker.next("said");
    expect(speaker.received.map(({ type }) => type)).toEqual(["welcome", "greeting", "said"]);
  });

  test("logs the tutorial's tags on stderr, and the address actually bound", async () => {
    await using server = await startServer();
    using peer = await SaludoPeer.connect({ port: server.port });
    await peer.next("greeting");
    peer.raw.shutdown();
    await server.program.stderr.line(/^\[ACTIVE CONNECTIONS\] 0$/);
    const lines = server.program.stderr.lines.map((line) =>
      line.replaceAll(/(?<=127\.0\.0\.1:)\d+/g, (port) =>
        Number(port) === server.port ? "BOUND" : "PEER",
      ),
    );
    expect(lines).toEqual([
      "[STARTING] The server is starting...",
      "[LISTENING] The server is listening on 127.0.0.1:BOUND",
      "[CONNECTED] The server is connected to 127.0.0.1:PEER",
      "[ACTIVE CONNECTIONS] 1",
      "[DISCONNECTED] The server is disconnected from 127.0.0.1:PEER: The peer closed the connection",
      "[ACTIVE CONNECTIONS] 0",
    ]);
    expect(server.program.stdout.lines).toEqual([]);
  });

  test("repeats in its log no word of a peer, whatever it says", async () => {
    await using server = await startServer("--require-hello");
    const hello = { type: "$hello", protocol: "saludo", version: 1 } as const;
    // {"type": "PSST", "text": "PSST"}
    const unknown = Buffer.from("a264747970656450535354647465787464" + "50535354", "hex");
    const said: readonly (readonly (ControlMessage | Uint8Array)[])[] = [
      [
        { ...hello, fingerprint: "PSST" },
        { type: "$bye", reason: "PSST" },
      ],
      [hello, { type: "$error", code: "PSST", message: "PSST", path: "/PSST" }],
      [hello, { type: "$error", code: "internal", message: "PSST" }],
      [hello, unknown],
      [{ ...hello, protocol: "PSST" }],
      [unknown],
    ];
    for (const messages of said) {
      using peer = await ScriptedPeer.connect(server);
      for (const message of messages) await peer.sendPayload(payloadOf(message));
      peer.shutdown();
      await peer.ended;
    }
    server.program.signal("SIGTERM");
    await server.program.exit();
    expect(server.program.stderr.text).toContain("reports an unknown code");
    expect(server.program.stderr.text).toContain("The peer reported internal");
    expect(server.program.stderr.text).not.toContain("PSST");
  });

  test("counts lines about connections that came and went, beyond --log-limit", async () => {
    await using server = await startServer("--log-limit", "1");
    for (let count = 0; count < 17; count += 1) {
      using peer = await SaludoPeer.connect({ port: server.port });
      await peer.next("greeting");
      peer.raw.shutdown();
      await peer.raw.ended;
    }
    server.program.signal("SIGTERM");
    await server.program.exit();
    const tagged = (tag: string): readonly string[] =>
      server.program.stderr.lines.filter((line) => line.startsWith(`[${tag}]`));
    expect(tagged("CONNECTED")).toHaveLength(10);
    expect(tagged("DISCONNECTED")).toHaveLength(10);
    expect(tagged("SUPPRESSED").toSorted()).toEqual([
      "[SUPPRESSED] 7 more lines: connected",
      "[SUPPRESSED] 7 more lines: disconnected peer-closed",
    ]);
  });

  test("speaks the tutorial's Spanish with --lang es, or where the locale is Spanish", async () => {
    await using program = runMain("--port", "0", "--lang", "es");
    await program.stderr.line(/^\[STARTING\] El servidor se está inicializando\.\.\.$/);
    await program.stderr.line(/^\[LISTENING\] El servidor está a la escucha en 127\.0\.0\.1:\d+$/);
    program.signal("SIGINT");
    await program.stderr.line(/^\[!\] SALIENDO!!$/);
    expect(await program.exit()).toEqual({ code: 0, signal: null });

    // From the sources, as `bun run start:server`.
    const command = [process.execPath, join(import.meta.dir, "../src/main.ts"), "--port", "0"];
    await using local = new Program(command, { env: { LANG: "es_ES.UTF-8" } });
    await local.stderr.line(/^\[LISTENING\] El servidor está a la escucha/);
  });

  test("writes JSON lines for machines with --log json, on both streams", async () => {
    await using program = runMain("--port", "0", "--log", "json");
    const [line] = await program.stderr.line(/"listening"/);
    const { address } = JSON.parse(program.stderr.lines.at(-1) ?? line) as { address: string };
    using peer = await SaludoPeer.connect({ port: Number(address.split(":")[1]) });
    await peer.say("hola");
    await program.stdout.line(/hola/);
    peer.raw.shutdown();
    expect(JSON.parse(program.stdout.lines[0] ?? "")).toEqual({
      type: "said",
      from: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      text: "hola",
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
    await program.stderr.line(/"disconnected"/);
    program.signal("SIGTERM");
    await program.exit();
    const events = program.stderr.lines.map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(events.map(({ event }) => event)).toEqual([
      "starting",
      "listening",
      "connected",
      "disconnected",
      "exiting",
      "stats",
    ]);
    for (const event of events) {
      expect(event).toMatchObject({ time: expect.any(String), level: "info" });
    }
  });

  test("shows every message with --trace, as the tutorial did", async () => {
    await using server = await startServer("--trace");
    using peer = await SaludoPeer.connect({ port: server.port });
    await peer.next("greeting");
    await peer.say("hola");
    const { stderr } = server.program;
    await stderr.line(/^\[TYPE\] greeting, to 127\.0\.0\.1:\d+$/);
    await stderr.line(/^\[MESSAGE\] \{type: "greeting", words: \{1: "Hola", 2: /);
    await stderr.line(/^\[MESSAGE ENCODED\] a26474797065686772656574696e67/);
    await stderr.line(/^\[HEADER\] "54 {8}"$/);
    await stderr.line(/^\[HEADER\] "20 {8}", from 127\.0\.0\.1:\d+$/);
    await stderr.line(/^\[RECEIVED ENCODED\] a2647479706563736179647465787464686f6c61$/);
    await stderr.line(/^\[RECEIVED DECODED\] \{type: "say", text: "hola"\}$/);
  });

  test("does not listen where other machines reach it, unguarded, and says what to give", async () => {
    await using program = runMain("--host", "0.0.0.0", "--port", "0");
    expect(await program.exit()).toMatchObject({ code: 2 });
    const { lines } = program.stderr;
    expect(lines.filter((line) => line.startsWith("[LISTENING]"))).toEqual([]);
    expect(lines.at(-1)).toBe(
      "[ERROR] 0.0.0.0 can be reached from other machines: anyone who reaches it may connect, " +
        "and anyone on the way can read and change what is said; give --tls-cert, --tls-key and " +
        "--secret-file, or --tls-require-client-cert with --tls-ca, or --insecure",
    );
  });

  test("listens there with --insecure, and warns", async () => {
    await using program = runMain("--host", "0.0.0.0", "--port", "0", "--insecure");
    await program.stderr.line(
      /^\[WARNING\] 0\.0\.0\.0:\d+ can be reached from other machines: anyone who reaches it may connect, and anyone on the way/,
    );
    await program.stderr.line(/^\[LISTENING\]/);
  });

  test("refuses a frame above --limit maxFrameBytes", async () => {
    await using server = await startServer("--limit", "maxFrameBytes=256");
    using peer = await SaludoPeer.connect({ port: server.port });
    await peer.say("x".repeat(300));
    expect(await peer.next("$error")).toMatchObject({ code: "frame-too-large" });
  });

  test("turns away one client over --max-connections and says so in one line", async () => {
    await using server = await startServer("--max-connections", "1");
    using first = await SaludoPeer.connect({ port: server.port });
    await first.next("greeting");
    using second = await SaludoPeer.connect({ port: server.port });
    expect(await second.next("$error")).toMatchObject({ code: "too-many-connections" });
    await server.program.stderr.line(
      /^\[REFUSED\] 127\.0\.0\.1:\d+: the limit of connections is reached \(1\)$/,
    );
  });

  test("lowers --max-connections to the open files that it may have, with a warning", async () => {
    await using program = underShell("ulimit -n 64; exec SERVER --port 0 --max-connections 100");
    const [, allowed] = await program.stderr.line(
      /^\[WARNING\] The limit of open files \(ulimit -n\) allows (\d+) connections, not 100$/,
    );
    expect(Number(allowed)).toBeWithin(24, 64);
    using peer = await SaludoPeer.connect({ port: await portOf(program) });
    await peer.next("greeting");
  });

  test("serves 500 clients at once", async () => {
    await using server = await startServer();
    const peers = await Promise.all(
      Array.from({ length: 500 }, () => SaludoPeer.connect({ port: server.port })),
    );
    await Promise.all(peers.map((peer) => peer.next("greeting")));
    await peers[0]?.say("a todos");
    await Promise.all(peers.slice(1).map((peer) => peer.next("said")));
    expect(peers[0]?.received.map(({ type }) => type)).toEqual(["welcome", "greeting"]);
    server.program.signal("SIGTERM");
    await Promise.all(peers.map((peer) => peer.next("$bye")));
    for (const peer of peers) peer.raw.shutdown();
    expect(await server.program.exit()).toEqual({ code: 0, signal: null });
    expect(server.program.stderr.lines).toContain("[ACTIVE CONNECTIONS] 500");
    expect(server.program.stderr.lines.at(-2)).toBe("[ACTIVE CONNECTIONS] 0");
    expect(server.program.stderr.lines.at(-1)).toStartWith(
      "[STATS] 500 connections, 0 turned away;",
    );
  }, 20_000);
});

describe("typewire-server's signals", () => {
  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "%s says goodbye, drains and exits 0, and the port is free",
    async (signal) => {
      await using server = await startServer();
      using peer = await SaludoPeer.connect({ port: server.port });
      await peer.next("greeting");
      server.program.signal(signal);
      await server.program.stderr.line(/^\[!\] EXITING!!$/);
      await peer.next("$bye");
      peer.raw.shutdown();
      expect(await server.program.exit()).toEqual({ code: 0, signal: null });
      await using next = runMain("--port", String(server.port));
      await next.stderr.line(/^\[LISTENING\]/);
    },
  );

  test("SIGHUP changes nothing under nohup", async () => {
    await using program = underShell("trap '' HUP; exec SERVER --port 0");
    const port = await portOf(program);
    program.signal("SIGHUP");
    using peer = await SaludoPeer.connect({ port });
    await peer.next("greeting");
    peer.raw.shutdown();
    program.signal("SIGTERM");
    expect(await program.exit()).toEqual({ code: 0, signal: null });
    expect(program.stderr.text.match(/EXITING/g)).toHaveLength(1);
  });

  test("cuts connections that do not let go within --drain-timeout, and says so in its last line", async () => {
    await using server = await startServer("--drain-timeout", "50ms");
    using peer = await SaludoPeer.connect({ port: server.port });
    await peer.next("greeting");
    server.program.signal("SIGTERM");
    expect(await server.program.exit()).toEqual({ code: 0, signal: null });
    expect(server.program.stderr.lines.slice(-2)).toEqual([
      expect.stringMatching(/^\[STATS\] 1 connections, .* 0 not delivered; ends: done 1$/),
      "[WARNING] 1 connections did not end in time and were cut; 0 messages had not left",
    ]);
  });

  test("an echo of SIGINT, and further SIGTERMs, change nothing", async () => {
    await using server = await startServer();
    using peer = await SaludoPeer.connect({ port: server.port });
    await peer.next("greeting");
    server.program.signal("SIGINT");
    server.program.signal("SIGINT");
    await peer.next("$bye");
    server.program.signal("SIGTERM");
    server.program.signal("SIGTERM");
    peer.raw.shutdown();
    expect(await server.program.exit()).toEqual({ code: 0, signal: null });
  });

  test("an impatient SIGINT exits 130 while a client holds the drain up", async () => {
    await using server = await startServer();
    using peer = await SaludoPeer.connect({ port: server.port });
    await peer.next("greeting");
    let hasExited = false;
    const exited = server.program.exit().finally(() => {
      hasExited = true;
    });
    // The peer never ends its half. Keeps pressing until one press counts, half a second after the first.
    while (!hasExited) {
      server.program.signal("SIGINT");
      await Promise.race([exited, Bun.sleep(20)]);
    }
    expect(await exited).toEqual({ code: 130, signal: null });
    expect(await peer.raw.ended).toBe("end");
  });
});

describe("typewire-server's exit codes", () => {
  test("2 and one line for wrong flags", async () => {
    await using program = runMain("--prot", "1");
    expect(await program.exit()).toEqual({ code: 2, signal: null });
    expect(program.stderr.lines).toEqual([
      "typewire-server: unknown flag --prot; did you mean --port?",
    ]);
    expect(program.stdout.lines).toEqual([]);
  });

  test("3 and one line with address and reason for a port in use", async () => {
    await using server = await startServer();
    await using second = runMain("--port", String(server.port));
    expect(await second.exit()).toEqual({ code: 3, signal: null });
    expect(second.stderr.lines).toEqual([
      "[STARTING] The server is starting...",
      `[ERROR] Cannot listen on 127.0.0.1:${server.port}: the address is in use (EADDRINUSE)`,
    ]);
  });

  test("0 for --help and --version, on stdout", async () => {
    await using help = runMain("--help");
    await using version = runMain("--version");
    expect(await help.exit()).toEqual({ code: 0, signal: null });
    expect(await version.exit()).toEqual({ code: 0, signal: null });
    expect(help.stdout.text).toContain("--max-connections");
    expect(version.stdout.text).toMatch(/^typewire-server \d+\.\d+\.\d+$/);
    expect([...help.stderr.lines, ...version.stderr.lines]).toEqual([]);
  });
});

describe("typewire-server's Unix socket", () => {
  test("is taken over from a server that was killed, not from one that lives", async () => {
    const path = join(folder, "s");
    await using killed = runMain("--unix", path);
    await killed.stderr.line(/^\[LISTENING\].* unix:/);
    killed.signal("SIGKILL");
    await killed.exit();

    await using server = runMain("--unix", path);
    await server.stderr.line(/^\[LISTENING\].* unix:/);
    using peer = await SaludoPeer.connect({ unix: path });
    await peer.next("greeting");
    await server.stderr.line(/^\[CONNECTED\].*unix:1$/);

    await using second = runMain("--unix", path);
    expect(await second.exit()).toEqual({ code: 3, signal: null });
    await peer.say("still here");
    await server.stdout.line(/still here/);
  });

  test("leaves a file that is no socket alone", async () => {
    const path = join(folder, "file");
    await Bun.write(path, "mine");
    await using program = runMain("--unix", path);
    expect(await program.exit()).toEqual({ code: 3, signal: null });
    expect(await Bun.file(path).text()).toBe("mine");
  });
});

describe("typewire-server's stdout and stderr", () => {
  test("may be closed", async () => {
    const path = join(folder, "closed");
    await using program = underShell(`exec SERVER --unix ${path} >&- 2>&-`);
    using speaker = await connectSoon(path);
    using listener = await SaludoPeer.connect({ unix: path });
    await listener.next("greeting");
    await speaker.say("anyone?");
    expect((await listener.next("said")).text).toBe("anyone?");
    for (const { raw } of [speaker, listener]) raw.shutdown();
    program.signal("SIGTERM");
    expect(await program.exit()).toEqual({ code: 0, signal: null });
  });

  test.each([
    [
      "its reader has gone",
      `mkfifo ${fifo}; (: < ${fifo}) & exec SERVER --port 0 > ${fifo}`,
      "EPIPE",
    ],
    ["the disk is full", "exec SERVER --port 0 > /dev/full", "ENOSPC"],
  ])("serves on when %s, and says so once", async (_what, script, code) => {
    await using program = underShell(script);
    const port = await portOf(program);
    using speaker = await SaludoPeer.connect({ port });
    using listener = await SaludoPeer.connect({ port });
    await listener.next("greeting");
    for (const text of ["one", "two", "three"]) {
      await speaker.say(text);
      expect((await listener.next("said")).text).toBe(text);
    }
    await program.stderr.line(new RegExp(`^\\[WARNING\\] stdout takes nothing more \\(.*${code}`));
    expect(program.stderr.text.match(/stdout takes nothing more/g)).toHaveLength(1);
  });

  test("loses lines rather than hold clients up when stdout is not read, and says so", async () => {
    const unread = join(folder, "unread");
    Bun.spawnSync(["mkfifo", unread]);
    // Open at both ends, so that neither this nor the server's open waits.
    const reader = openSync(unread, "r+");
    await using program = underShell(`exec SERVER --port 0 > ${unread}`);
    const port = await portOf(program);
    using speaker = await SaludoPeer.connect({ port });
    using listener = await SaludoPeer.connect({ port });
    await listener.next("greeting");
    const text = "x".repeat(4096);
    for (let index = 0; index < 400; index += 1) await speaker.say(text);
    for (let index = 0; index < 400; index += 1) await listener.next("said");
    await program.stderr.line(/^\[WARNING\] Nobody reads stdout/);
    for (const { raw } of [speaker, listener]) raw.shutdown();
    await program.stderr.line(/^\[ACTIVE CONNECTIONS\] 0$/);
    const buffer = new Uint8Array(65_536);
    const resumed = program.stderr.line(
      /^\[WARNING\] stdout is being read again; lines not printed: (\d+)$/,
    );
    let readBytes = 0;
    while (readBytes < 1_000_000) readBytes += readSync(reader, buffer);
    const [, lost] = await resumed;
    expect(Number(lost)).toBeGreaterThan(100);
    closeSync(reader);
  });
});
