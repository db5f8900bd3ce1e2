// Everything in README.md that can run does so here. Commands that install are held against package.json
// instead of being run; ports are replaced by free ones.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { Program } from "@typewire/testkit";

import manifest from "../../../package.json" with { type: "json" };
import { startClient, startServer } from "./executables.ts";
import { Page, ROOT } from "./markdown.ts";

setDefaultTimeout(30_000);

const readme = await Page.open("README.md");

const BUN = process.execPath;

test("the README has at most 150 lines", () => {
  expect(readme.text.split("\n").length).toBeLessThanOrEqual(150);
});

describe("the README's commands", () => {
  const commands = readme.blocks
    .filter(({ language }) => language === "sh")
    .map(({ content }) => content.trim());

  test("are one to a block, and of the kinds that are checked below", () => {
    const kinds =
      /^(npm install && npx bun run|npx bun run) |^(bun add|npm install) \.\.\/typewire\/packages\/typewire\/dist\/typewire\.tgz$/;
    expect(commands.length).toBeGreaterThan(4);
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

  test("are twenty lines beside the imports, on the first screen", () => {
    const files = ["weather.ts", "server.ts", "client.ts"];
    const lines = files.flatMap((name) => readme.block("ts", name).split("\n"));
    const own = lines.filter((line) => line !== "" && !line.startsWith("import "));
    expect(own.length).toBeLessThanOrEqual(20);
    const before = readme.text.slice(0, readme.text.indexOf(readme.block("ts", "client.ts")));
    expect(before.split("\n").length).toBeLessThanOrEqual(40);
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

describe("the README's figures", () => {
  test("are those of docs/benchmarks.md", async () => {
    const benchmarks = await Page.open("docs/benchmarks.md");
    const [, decode = ""] = benchmarks.text.split("\n## Codec: decode\n");
    const medium = (side: string): string =>
      /\((\d+\.\d+)\)/.exec(row(decode, side)[1] ?? "")?.[1] ?? "";
    const [, goals = ""] = benchmarks.text.split("\n## The goals\n");
    const stream = (side: string): string =>
      goals
        .split("\n")
        .find((line) => line.startsWith("| one-way stream ") && line.includes(`| ${side} `)) ?? "";

    const rows = readme.rowsOf("decode, against");
    expect(rows.length).toBeGreaterThan(3);
    for (const [codec = "", faster = "", transport = "", further = ""] of rows) {
      expect([codec, faster]).toEqual([codec, shown(medium(codec))]);
      expect([transport, further]).toEqual([
        transport,
        shown(stream(transport).split("|")[3] ?? ""),
      ]);
    }
  });
});

/** The cells of the row of `table` that begins with `title`, without the title. */
function row(table: string, title: string): readonly string[] {
  const line = table.split("\n").find((candidate) => candidate.startsWith(`| ${title} `)) ?? "";
  return line.split("|").slice(2);
}

/** A ratio as the README shows it: `8.9 ×`. */
function shown(ratio: string): string {
  return `${Number(ratio).toFixed(1)} ×`;
}

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
