// R: too few descriptors, no port, no room for a socket file, no processor.

import { afterAll, describe, expect } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { saludo } from "@typewire/protocol/saludo";
import { type Address, Certificates, executable, Program, ScriptedPeer } from "@typewire/testkit";

import { Arena, startServer } from "../src/arena.ts";
import { clientProgram } from "../src/client-program.ts";
import { processFigures } from "../src/process-figures.ts";
import { row, rowsEnd } from "../src/row.ts";
import { shell } from "../src/shell.ts";
import { until } from "../src/until.ts";

const folder = mkdtempSync(join(tmpdir(), "typewire-faults-"));
afterAll(() => rmSync(folder, { recursive: true }));

const limited = (descriptors: number): readonly string[] =>
  shell(`ulimit -n ${descriptors}; exec "$@"`);

/** What of a core a process may use that has nothing to do; the listener's spin takes nine tenths. */
const MOST_IDLE_CPU_SHARE = 0.5;

/**
 * Holds more silent connections than the server may have descriptors: it lives, idles, tells a client
 * where it stands, and serves as many as before once the strangers have left.
 */
async function outlastStrangers(
  descriptors: number,
  listener: "plain" | "tls" | "unix",
  flags: readonly string[] = [],
): Promise<void> {
  using certificates = new Certificates();
  const unix = listener === "unix" ? join(folder, `strangers-${descriptors}.sock`) : undefined;
  const authority = listener === "tls" ? certificates.authority("authority") : undefined;
  const identity = authority?.issue("server");
  await using server = await startServer({
    wrapper: limited(descriptors),
    ...(unix !== undefined && { unix }),
    flags: [
      ...(identity === undefined
        ? []
        : ["--tls-cert", identity.certFile, "--tls-key", identity.keyFile]),
      ...flags,
    ],
  });
  const { pid } = server.program;
  const address = unix === undefined ? { port: server.port } : { unix };
  const ca = authority && readFileSync(authority.caFile, "utf8");
  const client = (): Promise<ScriptedPeer> =>
    ca === undefined
      ? ScriptedPeer.connect(address)
      : ScriptedPeer.connectSecured(server.port, { ca });
  const before = processFigures(pid).descriptors;

  const strangers: ScriptedPeer[] = [];
  for (let count = 0; count < descriptors + 200; count += 1) {
    strangers.push(await stranger(address));
  }
  expect(processFigures(pid).descriptors).toBeLessThan(descriptors);
  expect(await isTold(client)).toBe(true);
  const { cpuMs } = processFigures(pid);
  const sinceMs = performance.now();
  await Bun.sleep(300);
  const spentMs = processFigures(pid).cpuMs - cpuMs;
  expect(spentMs / (performance.now() - sinceMs)).toBeLessThan(MOST_IDLE_CPU_SHARE);

  for (const stranger of strangers) stranger.reset();
  await until(() => processFigures(pid).descriptors <= before, "descriptors come back");
  const served = await client();
  expect(firstWord(await served.next())).toBe("$hello");
  served.reset();
  server.program.signal("SIGTERM");
  expect(await server.program.exit()).toEqual({ code: 0, signal: null });
}

/** Takes descriptors from a running process, or gives it more. */
function limitDescriptors(pid: number, count: number): void {
  const { success } = Bun.spawnSync(["prlimit", "--pid", `${pid}`, `--nofile=${count}:`]);
  if (!success) throw new Error("This test needs prlimit, of util-linux");
}

/** One more silent connection. A Unix socket refuses while as many wait as the listener allows. */
async function stranger(address: Address): Promise<ScriptedPeer> {
  for (;;) {
    const peer = await ScriptedPeer.connect(address).catch(() => undefined);
    if (peer !== undefined) return peer;
    await Bun.sleep(1);
  }
}

/** Whether a client that comes now is served, or told that the server is full. */
async function isTold(connect: () => Promise<ScriptedPeer>): Promise<boolean> {
  using peer = await connect();
  const word = firstWord(await peer.next());
  return word === "$hello" || word === "too-many-connections";
}

/** The type of the server's first message, or the code of its `$error`. */
function firstWord(payload: Uint8Array): string {
  const message = saludo.server.decodeIncoming(payload, 0, payload.length);
  return message.type === "$error" ? message.code : message.type;
}

/** One line on stderr, and the exit code of a server that cannot listen. */
async function expectNoListening(flags: readonly string[], sentence: RegExp): Promise<void> {
  await using program = new Program([executable("server"), "--lang", "en", ...flags]);
  expect(await program.exit()).toEqual({ code: 3, signal: null });
  const [line = "", ...more] = program.stderr.lines.filter(
    (text) => !text.startsWith("[STARTING]"),
  );
  expect(line).toMatch(sentence);
  expect(more).toEqual([]);
}

describe("typewire-server, resources", () => {
  row("R1 few descriptors: the limit is lowered with a warning, and never reached", async () => {
    await using server = await startServer({
      wrapper: limited(64),
      flags: ["--max-connections", "10000"],
    });
    const lowered = await server.log.line(
      ({ event }) => event === "connections-lowered",
      "warning about descriptors",
    );
    const allowed = Number(lowered["allowed"]);
    expect(allowed).toBeWithin(24, 64);
    const peers = await Promise.all(
      Array.from({ length: 60 }, () => ScriptedPeer.connect({ port: server.port })),
    );
    const payloads = await Promise.all(peers.map((peer) => peer.next().catch(() => undefined)));
    const welcomed = payloads.filter(
      (payload) => payload && Buffer.from(payload).includes("$hello"),
    );
    expect(welcomed).toHaveLength(allowed);
    expect(processFigures(server.program.pid).descriptors).toBeLessThan(64);
    for (const peer of peers) peer.reset();
  });

  for (const descriptors of [20, 64, 128, 1024]) {
    for (const listener of ["plain", "tls", "unix"] as const) {
      row(`R2 more silent strangers than ${descriptors} descriptors, ${listener}`, () =>
        outlastStrangers(descriptors, listener),
      );
    }
  }
  row("R2 more silent strangers than descriptors, as many connections as there are, tls", () =>
    outlastStrangers(1024, "tls", ["--max-connections", "100"]),
  );

  row("R2 with no descriptor left nothing that only observes ends a process", async () => {
    using certificates = new Certificates();
    const authority = certificates.authority("authority");
    const { certFile, keyFile } = authority.issue("server");
    await using server = await startServer({
      flags: ["--tls-cert", certFile, "--tls-key", keyFile],
    });
    await using client = clientProgram(server.port, "--log", "json", "--tls-ca", authority.caFile);
    await client.stderr.line(/"event":"connected"/);
    for (const program of [server.program, client]) limitDescriptors(program.pid, 3);
    server.program.signal("SIGHUP");
    await server.log.line(({ event }) => event === "reload-failed", "failed reload");
    client.type("still here\n");
    await server.program.stdout.line(/still here/);
    server.program.signal("SIGTERM");
    expect(await server.program.exit()).toEqual({ code: 0, signal: null });
    await client.stderr.line(/"event":"still-lost"/);

    limitDescriptors(client.pid, 100);
    await using next = await startServer({
      port: server.port,
      flags: ["--tls-cert", certFile, "--tls-key", keyFile],
    });
    await client.stderr.line(/"event":"connected"/);
    await next.log.line(({ event }) => event === "connected", "client that is back");
  });

  row("R1 too few descriptors for one connection", async () => {
    await using program = new Program([...limited(10), executable("server"), "--port", "0"]);
    expect(await program.exit()).toEqual({ code: 3, signal: null });
    expect(program.stderr.text).toContain("too few files for one connection (ulimit -n)");
  });

  row("R3 a port in use", async () => {
    await using server = await startServer();
    await expectNoListening(
      ["--port", `${server.port}`],
      new RegExp(`127\\.0\\.0\\.1:${server.port}: the address is in use \\(EADDRINUSE\\)`),
    );
  });
  row("R3 an address of another machine", () =>
    expectNoListening(
      ["--host", "192.0.2.1", "--port", "0", "--insecure"],
      /192\.0\.2\.1:0: this machine has no such address \(EADDRNOTAVAIL\)/,
    ),
  );
  row("R3 a name without an address", () =>
    expectNoListening(["--host", "nobody.invalid", "--port", "0"], /nobody\.invalid.*no address/),
  );

  row("R5 a socket in a folder that does not exist", () =>
    expectNoListening(["--unix", join(folder, "none", "x.sock")], /none\/x\.sock: .*ENOENT/),
  );
  row("R5 a socket path that is too long", async () => {
    await using program = new Program([
      executable("server"),
      "--unix",
      join(folder, "x".repeat(120)),
    ]);
    expect((await program.exit()).code).toBeOneOf([2, 3]);
    expect(program.stderr.text).toMatch(/10[378]|too long/);
  });
  row("R5 a regular file where the socket should be is left alone", async () => {
    const path = join(folder, "a-file");
    writeFileSync(path, "precious");
    await expectNoListening(["--unix", path], /a-file: .*EADDRINUSE|not a socket/);
    expect(await Bun.file(path).text()).toBe("precious");
  });
  row("R5 a live socket is left alone, a stale one is taken over", async () => {
    const path = join(folder, "live.sock");
    await using server = await startServer({ unix: path });
    await expectNoListening(["--unix", path], /live\.sock: /);
    server.program.signal("SIGKILL");
    await server.program.exit();
    await using next = await startServer({ unix: path });
    expect(next.log.lines.some(({ event }) => event === "listening")).toBe(true);
  });

  for (const umask of ["000", "077"]) {
    row(`R6 under umask ${umask} the socket is its owner's alone`, async () => {
      const path = join(folder, `umask-${umask}.sock`);
      await using server = await startServer({
        unix: path,
        wrapper: shell(`umask ${umask}; exec "$@"`),
      });
      expect(server.program.pid).toBeGreaterThan(0);
      expect(statSync(path).mode & 0o077).toBe(0);
    });
  }

  row("R10 with a tenth of a processor no client is given up", async () => {
    await using arena = await Arena.open({
      clients: 5,
      flags: ["--limit", "heartbeatIntervalMs=500ms"],
    });
    // Stopped nine tenths of the time.
    const untilMs = performance.now() + 2000;
    while (performance.now() < untilMs) {
      arena.program.signal("SIGSTOP");
      await Bun.sleep(90);
      arena.program.signal("SIGCONT");
      await Bun.sleep(10);
    }
    const { lost, errors } = await arena.crowd.report();
    expect({ lost, errors }).toEqual({ lost: 0, errors: [] });
  });

  rowsEnd("R");
});
