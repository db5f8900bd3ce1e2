// P: signals, closed streams and wrong flags, on both executables.

import { afterAll, describe, expect } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { saludo } from "@typewire/protocol/saludo";
import { executable, Program, ScriptedListener } from "@typewire/testkit";

import { startServer } from "../src/arena.ts";
import { clientProgram } from "../src/client-program.ts";
import { Offender } from "../src/offender.ts";
import { row, rowsEnd } from "../src/row.ts";
import { shell } from "../src/shell.ts";

const folder = mkdtempSync(join(tmpdir(), "typewire-faults-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The server under a shell, which sets up what `Program` cannot: closed pipes, other descriptors. */
function underShell(script: string): Program {
  return new Program(shell(script.replaceAll("SERVER", executable("server"))));
}

async function portOf(program: Program): Promise<number> {
  const [, port] = await program.stderr.line(/\[LISTENING\].*:(\d+)/);
  return Number(port);
}

describe("typewire-server, process", () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    row(`P1 ${signal} while idle: exit 0 within a second, and the port is free`, async () => {
      await using server = await startServer();
      const startedAtMs = performance.now();
      server.program.signal(signal);
      expect(await server.program.exit()).toEqual({ code: 0, signal: null });
      expect(performance.now() - startedAtMs).toBeLessThan(1000);
      await using next = await startServer({ port: server.port });
      expect(next.port).toBe(server.port);
    });
  }

  row(
    "P2 SIGTERM under load: all that was taken is passed on, then $bye, then exit 0",
    async () => {
      await using server = await startServer();
      using speaker = await Offender.connect(server.port);
      using listener = await Offender.connect(server.port);
      for (let index = 0; index < 500; index += 1) await speaker.say(`${index}`);
      // The first has come: the rest of that burst is in the server, or on its way to it.
      expect(await listener.heardFrom(speaker.name)).toBe("0");
      server.program.signal("SIGTERM");
      await listener.next("$bye");
      for (const peer of [speaker, listener]) await peer.leave();
      expect(await server.program.exit()).toEqual({ code: 0, signal: null });
      const printed = server.program.stdout.lines.length;
      const texts = listener.messages.flatMap((said) => (said.type === "said" ? [said.text] : []));
      expect(texts).toEqual(Array.from({ length: printed }, (_, index) => `${index}`));
    },
  );

  row("P3 a second SIGTERM while draining changes nothing", async () => {
    await using server = await startServer();
    using peer = await Offender.connect(server.port);
    server.program.signal("SIGTERM");
    await peer.next("$bye");
    server.program.signal("SIGTERM");
    await peer.leave();
    expect(await server.program.exit()).toEqual({ code: 0, signal: null });
  });

  row("P4 a second SIGINT after half a second: at once, with 130", async () => {
    await using server = await startServer();
    using peer = await Offender.connect(server.port);
    peer.peer.pause();
    server.program.signal("SIGINT");
    await server.log.line(({ event }) => event === "exiting", "exiting");
    // Less than that apart, turbo sends both itself.
    await Bun.sleep(600);
    server.program.signal("SIGINT");
    expect(await server.program.exit(1500)).toEqual({ code: 130, signal: null });
  });

  row("P5 a client that does not let go is cut at the deadline, and counted", async () => {
    await using server = await startServer({ flags: ["--drain-timeout", "300ms"] });
    using peer = await Offender.connect(server.port);
    server.program.signal("SIGTERM");
    await peer.next("$bye");
    expect(await server.program.exit(1500)).toEqual({ code: 0, signal: null });
    expect(server.log.lines.at(-1)).toMatchObject({ event: "cut", connections: 1 });
    expect(server.log.endsOf(peer.name)).toHaveLength(1);
  });

  row("P6 after SIGKILL under load its port and its socket can be used again at once", async () => {
    const path = join(folder, "killed.sock");
    for (let round = 0; round < 5; round += 1) {
      await using server = await startServer({ unix: path });
      server.program.signal("SIGKILL");
      await server.program.exit();
    }
    const { port } = await startKilled();
    await using next = await startServer({ port });
    expect(next.port).toBe(port);
  });

  row("P7 SIGHUP ends it in order where there are no certificates to read again", async () => {
    await using server = await startServer();
    using peer = await Offender.connect(server.port);
    server.program.signal("SIGHUP");
    await peer.next("$bye");
    await peer.leave();
    expect(await server.program.exit()).toEqual({ code: 0, signal: null });
  });

  row("P8 with stdout closed by its reader it serves on", async () => {
    const pipe = join(folder, "read-once");
    await using program = underShell(
      `mkfifo ${pipe}; head -n 1 < ${pipe} & exec SERVER --port 0 --lang en > ${pipe}`,
    );
    const port = await portOf(program);
    using peer = await Offender.connect(port);
    using witness = await Offender.connect(port);
    for (let index = 0; index < 20; index += 1) {
      await peer.say(`${index}`);
      expect(await witness.heardFrom(peer.name)).toBe(`${index}`);
    }
  });
  row("P8 with stdout on a full disk it serves on", async () => {
    await using program = underShell("exec SERVER --port 0 --lang en > /dev/full");
    const port = await portOf(program);
    using peer = await Offender.connect(port);
    using witness = await Offender.connect(port);
    for (let index = 0; index < 5; index += 1) {
      await peer.say(`${index}`);
      expect(await witness.heardFrom(peer.name)).toBe(`${index}`);
    }
  });
  row("P8 with stderr on a full disk, or closed, it serves on", async () => {
    for (const redirection of ["2>/dev/full", "2>&-"]) {
      const path = join(folder, `quiet-${redirection.length}.sock`);
      await using program = underShell(`exec SERVER --unix ${path} --lang en ${redirection}`);
      await reachable(path);
      program.signal("SIGTERM");
      expect(await program.exit()).toEqual({ code: 0, signal: null });
    }
  });

  for (const signal of ["SIGPIPE", "SIGUSR1", "SIGUSR2"] as const) {
    row(`P9 ${signal} does not end it`, async () => {
      await using server = await startServer();
      using peer = await Offender.connect(server.port);
      server.program.signal(signal);
      await peer.say("still here");
      await server.program.stdout.line(/still here/);
    });
  }

  const wrong: readonly (readonly [what: string, flags: readonly string[], sentence: RegExp])[] = [
    ["an unknown flag", ["--prot", "1"], /--prot/],
    ["a wrong type", ["--port", "http"], /--port/],
    ["out of range", ["--port", "65536"], /--port/],
    ["a size without a meaning", ["--limit", "maxFrameBytes=many"], /--limit maxFrameBytes/],
    ["a contradiction", ["--unix", "/x", "--port", "1"], /--unix and --port/],
  ];
  for (const [what, flags, sentence] of wrong) {
    row(`P13 ${what}: one line that names the flag, and exit 2`, async () => {
      await using program = new Program([executable("server"), ...flags]);
      expect(await program.exit()).toEqual({ code: 2, signal: null });
      expect(program.stderr.lines).toHaveLength(1);
      expect(program.stderr.text).toMatch(sentence);
      expect(program.stdout.text).toBe("");
    });
  }

  rowsEnd("P");
});

describe("typewire-client, process", () => {
  row("P12 stdin closed: it goes on listening", async () => {
    await using server = await startServer({ flags: ["--interval", "50ms"] });
    await using client = clientProgram(server.port, "--count", "5");
    client.endInput();
    expect(await client.exit()).toEqual({ code: 0, signal: null });
    expect(client.stdout.lines).toHaveLength(5);
  });
  row("P12 Ctrl+C while waiting for an answer: exit 0, no stack", async () => {
    using silent = new ScriptedListener();
    await using client = clientProgram(silent.port);
    await silent.accept();
    client.signal("SIGINT");
    expect(await client.exit()).toEqual({ code: 0, signal: null });
    expect(client.stderr.text).not.toMatch(/^\s+at /m);
  });
  row("P12 its reader gone: exit 0, no stack", async () => {
    await using server = await startServer({ flags: ["--interval", "10ms"] });
    const client = executable("client");
    await using program = new Program(
      shell(
        `exec 3>&1; { ${client} 127.0.0.1:${server.port} --lang en; echo $? >&3; } | head -n 1`,
      ),
    );
    await program.exit();
    expect(program.stdout.lines.at(-1)).toBe("0");
    expect(program.stderr.text).not.toMatch(/^\s+at /m);
  });
});

async function startKilled(): Promise<{ readonly port: number }> {
  await using server = await startServer();
  using speaker = await Offender.connect(server.port);
  void speaker.peer.send(saludo.client.encodeFrame({ type: "say", text: "x".repeat(4000) }));
  return { port: server.port };
}

/** Resolves once a server listens at `path`, which a server without a log cannot say. */
async function reachable(path: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    try {
      const socket = await Bun.connect({ unix: path, socket: { data() {}, error() {} } });
      socket.terminate();
      return;
    } catch {
      await Bun.sleep(20);
    }
  }
  throw new Error(`No server listens at ${path}`);
}
