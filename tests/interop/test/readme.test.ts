// Everything in README.md that can run does so here. Commands that install are held against package.json
// instead of being run; ports are replaced by free ones.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { executable, outsideTool, Program } from "@typewire/testkit";

import manifest from "../../../package.json" with { type: "json" };
import { startClient, startServer } from "./executables.ts";
import { Page, ROOT } from "./markdown.ts";
import { describePython, PYTHON_FOLDER } from "./python.ts";

setDefaultTimeout(30_000);

const readme = await Page.open("README.md");
const BUN = process.execPath;

describe("the README's commands", () => {
  const commands = readme.blocks
    .filter(({ language }) => language === "sh")
    .map(({ content }) => content.trim());

  test("are one to a block, and of the kinds that are checked below", () => {
    const kinds =
      /^(npm install && npx bun run|bun install && bun run|npx bun run|bun run|typewire-client) |^(bun add|npm install) \.\.\/typewire\/packages\/typewire\/dist\/typewire\.tgz$/;
    expect(commands.length).toBeGreaterThan(5);
    for (const command of commands) expect(command).toMatch(kinds);
    for (const command of commands) expect(command).not.toContain("\n");
  });

  test("run scripts that package.json has", () => {
    const scripts = commands.map((command) => /bun run (\S+)/.exec(command)?.[1]);
    const named = scripts.filter((script) => script !== undefined);
    expect(Object.keys(manifest.scripts)).toEqual(expect.arrayContaining(named));
  });

  test("that begin with npm find Bun among the dependencies, and may install it", () => {
    const version = manifest.devDependencies.bun;
    expect(version).toBe(Bun.version);
    expect(manifest.packageManager).toBe(`bun@${version}`);
    expect(manifest.allowScripts).toMatchObject({ [`bun@${version}`]: true });
  });

  test("name a platform that build:all knows", () => {
    const [, platform = ""] = commands.join("\n").match(/build:all (\S+)/) ?? [];
    const run = Bun.spawnSync([BUN, "scripts/build-all.ts", "nowhere"], { cwd: ROOT });
    expect(run.exitCode).toBe(2);
    expect(run.stderr.toString()).toContain(platform);
  });
});

describe("the README's picture of `dev`", () => {
  test("is what the two executables print", async () => {
    const lines = readme.block("text").trim().split("\n");
    const shown = (app: string) =>
      lines.filter((line) => line.startsWith(`typewire-${app}:dev: `)).map(normalised);
    await using server = await startServer();
    await using client = startClient(server.port);
    await client.stderr.line(/CONNECTED/);
    await client.stdout.line(/4: "Servidor"/);
    await server.program.stderr.line(/ACTIVE CONNECTIONS/);

    expect(server.program.stderr.lines.map(normalised)).toEqual(shown("server"));
    expect([...client.stderr.lines, ...client.stdout.lines].map(normalised)).toEqual(
      shown("client"),
    );
    expect(shown("server").length + shown("client").length).toBe(lines.length);
  });
});

describe("the README's own messages", () => {
  // Beneath node_modules, so that packages are found and Git does not look.
  let folder = "";
  beforeAll(() => {
    const cache = join(ROOT, "node_modules", ".cache");
    mkdirSync(cache, { recursive: true });
    folder = mkdtempSync(join(cache, "typewire-readme-"));
    for (const name of ["weather.ts", "server.ts", "client.ts"]) {
      writeFileSync(join(folder, name), readme.block("ts", name));
    }
    const wrong = readme.block("ts", "client.ts") + readme.block("ts", "wrong.ts");
    writeFileSync(join(folder, "wrong.ts"), wrong);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("are at most twenty lines a file", () => {
    for (const name of ["weather.ts", "server.ts", "client.ts"]) {
      expect(readme.block("ts", name).trim().split("\n").length).toBeLessThanOrEqual(20);
    }
  });

  test("compile", () => {
    expect(typeErrors(folder, "server.ts", "client.ts")).toBe("");
  });

  test("do not compile with a wrong field", () => {
    expect(typeErrors(folder, "wrong.ts")).toMatch(/^wrong\.ts.*'town' does not exist in type/m);
  });

  test("are exchanged", async () => {
    const definition = readme.block("ts", "weather.ts");
    writeFileSync(join(folder, "weather.ts"), definition.replace("port: 8081", "port: 0"));
    await using server = new Program([BUN, join(folder, "server.ts")]);
    const [, port] = await server.stdout.line(/^Listening on 127\.0\.0\.1:(\d+)$/);

    writeFileSync(join(folder, "weather.ts"), definition.replace("8081", String(port)));
    await using client = new Program([BUN, join(folder, "client.ts")]);

    expect(await client.exit()).toMatchObject({ code: 0 });
    expect(client.stdout.text).toMatch(/^-3\.5 °C at \d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });
});

describe("the README's exit codes", () => {
  test("are those that --help lists", () => {
    const documented = readme.rowsOf("exit code").map(([code = ""]) => code);
    const listed = ["server", "client"].flatMap((app) => {
      const help = Bun.spawnSync([executable(app as "server" | "client"), "--help"]);
      const [, codes = ""] = help.stdout.toString().split("Exit codes:");
      return [...codes.matchAll(/^ +(\d+) /gm)].map(([, code = ""]) => code);
    });
    expect(documented).toEqual([...new Set(listed)].toSorted((a, b) => Number(a) - Number(b)));
  });
});

describe("the README's pipeline", () => {
  test("prints the JSON shown below it", async () => {
    await using server = await startServer();
    const command = readme.blocks.find(({ content }) => content.startsWith("typewire-client"));
    const line = command?.content.replace("typewire-client", `$CLIENT 127.0.0.1:${server.port}`);
    await using run = new Program(["sh", "-c", line ?? ""], {
      env: { CLIENT: executable("client") },
    });

    expect(await run.exit()).toMatchObject({ code: 0 });
    expect(`${run.stdout.text}\n`).toBe(readme.block("json"));
  });
});

describe("the README's systemd unit", () => {
  test("starts the server with flags that it has", async () => {
    const [, flags = ""] = /^ExecStart=\S+typewire-server (.*)$/m.exec(readme.block("ini")) ?? [];
    const given = flags.replace("8080", "0").split(" ");
    await using server = new Program([executable("server"), ...given]);

    await server.stderr.line(/"event":"listening"/);
  });
});

describePython("the README's Python", () => {
  test("says something to everybody, and prints what is shown below it", async () => {
    await using server = await startServer();
    await using other = startClient(server.port, "--output", "json");
    await other.stdout.line(/greeting/);
    const script = readme.block("python").replace("8080", String(server.port));
    await using python = new Program([outsideTool("python") ?? "", "-u", "-c", script], {
      cwd: PYTHON_FOLDER,
    });

    const [said] = await other.stdout.line(/^.*"said".*$/);
    expect(JSON.parse(said)).toMatchObject({ type: "said", text: "hola desde Python" });
    await python.stdout.line(/'greeting'/);
    const shown =
      readme.blocks[readme.blocks.findIndex(({ language }) => language === "python") + 1];
    const expected = shown?.content.trim().split("\n") ?? [];
    expect(expected).toHaveLength(3);
    expected.forEach((line, index) => {
      const [before = "", after = ""] = line.split("…");
      expect(python.stdout.lines[index]).toStartWith(before);
      expect(python.stdout.lines[index]).toEndWith(after);
    });
  });
});

/** A log line without the prefix that turbo gives it, and with every port the same. */
function normalised(line: string): string {
  return line.replace(/^typewire-\w+:dev: /, "").replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT");
}

/** What `bun check` says of these files; empty when nothing is wrong. */
function typeErrors(folder: string, ...files: readonly string[]): string {
  const config = join(folder, `tsconfig.${files.join("-")}.json`);
  const base = join(ROOT, "tsconfig.base.json");
  writeFileSync(
    config,
    JSON.stringify({ extends: base, compilerOptions: { types: ["bun"] }, files }),
  );
  const run = Bun.spawnSync([BUN, "check", "--no-script", "-p", config], { cwd: dirname(config) });
  return run.success ? "" : run.stdout.toString();
}
