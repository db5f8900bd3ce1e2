// The two executables as they are deployed: one file, from an empty folder, with an empty environment,
// whatever else lies in that folder. Built here when missing or older than a source file.

import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Program } from "@typewire/testkit";

const root = join(import.meta.dir, "../../..");
const sources = ["apps", "packages"].flatMap((folder) =>
  readdirSync(join(root, folder)).map((name) => join(root, folder, name, "src")),
);

/** The path of an executable that is up to date. */
function executable(name: "server" | "client"): string {
  const folder = join(root, "apps", name);
  const path = join(folder, "dist", `typewire-${name}`);
  const files = sources.flatMap((source) =>
    readdirSync(source, { recursive: true, encoding: "utf8" }).map((file) => join(source, file)),
  );
  const newestMs = Math.max(...files.map((file) => statSync(file).mtimeMs));
  if (!existsSync(path) || statSync(path).mtimeMs < newestMs) {
    const build = Bun.spawnSync([process.execPath, "run", "build"], { cwd: folder });
    if (!build.success) throw new Error(`Cannot build ${path}:\n${build.stderr.toString()}`);
  }
  return path;
}

const empty = mkdtempSync(join(tmpdir(), "typewire-empty-"));
const hostile = mkdtempSync(join(tmpdir(), "typewire-hostile-"));
afterAll(() => {
  for (const folder of [empty, hostile]) rmSync(folder, { recursive: true });
});

/** The server and a client of it that gets two messages, from `cwd` and with no environment. */
async function converse(cwd: string): Promise<{ server: Program; client: Program }> {
  const nothing = { cwd, env: {} };
  await using server = new Program([executable("server"), "--port", "0"], nothing);
  const [, address = ""] = await server.stderr.line(/^\[LISTENING\] .* (127\.0\.0\.1:\d+)$/);
  await using client = new Program([executable("client"), address, "--count", "3"], nothing);
  await client.stderr.line(/^\[CONNECTED\]/);
  await using speaker = new Program([executable("client"), address], nothing);
  speaker.type("hola\n");
  expect(await client.exit()).toEqual({ code: 0, signal: null });
  await server.stdout.line(/^\[RECEIVED\] 127\.0\.0\.1:\d+: hola$/);
  speaker.signal("SIGINT");
  expect(await speaker.exit()).toEqual({ code: 0, signal: null });
  server.signal("SIGTERM");
  expect(await server.exit()).toEqual({ code: 0, signal: null });
  return { server, client };
}

describe("the executables", () => {
  test("run from an empty folder with an empty environment, and leave it empty", async () => {
    const { client } = await converse(empty);
    expect(client.stdout.lines).toEqual([
      "[RECEIVED] Bienvenido al servidor!",
      '[RECEIVED] {1: "Hola", 2: "Bienvenido", 3: "Al", 4: "Servidor"}',
      expect.stringMatching(/^\[RECEIVED\] 127\.0\.0\.1:\d+: hola$/),
    ]);
    expect(readdirSync(empty)).toEqual([]);
  }, 30_000);

  test("take nothing from a hostile folder", async () => {
    const trap = 'await Bun.write("trapped", "");\n';
    await Bun.write(
      join(hostile, ".env"),
      "LANG=es_ES.UTF-8\nLC_ALL=es_ES.UTF-8\nBUN_OPTIONS=--preload=./trap.ts\n",
    );
    await Bun.write(join(hostile, "bunfig.toml"), 'preload = ["./trap.ts"]\n');
    await Bun.write(join(hostile, "trap.ts"), trap);
    await Bun.write(join(hostile, "index.ts"), trap);
    await Bun.write(join(hostile, "package.json"), '{"type": "module", "main": "./trap.ts"}');
    await Bun.write(join(hostile, "tsconfig.json"), "{ not JSON");
    const before = readdirSync(hostile);
    const { server } = await converse(hostile);
    // English: the locale in .env was not read.
    expect(server.stderr.lines[0]).toBe("[STARTING] The server is starting...");
    expect(readdirSync(hostile)).toEqual(before);
  }, 30_000);

  test.each(["server", "client"] as const)(
    "typewire-%s answers --help and wrong flags",
    async (name) => {
      const path = executable(name);
      await using help = new Program([path, "--help"], { cwd: empty, env: {} });
      await using wrong = new Program([path, "--nope"], { cwd: empty, env: {} });
      expect(await help.exit()).toEqual({ code: 0, signal: null });
      expect(help.stdout.text).toStartWith(`Usage: typewire-${name} [options]`);
      expect(await wrong.exit()).toEqual({ code: 2, signal: null });
      expect(wrong.stderr.lines).toEqual([
        `typewire-${name}: unknown flag --nope; --help lists the flags`,
      ]);
    },
    30_000,
  );
});
