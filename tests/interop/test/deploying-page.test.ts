// docs/deploying.md, kept honest: its commands exist, its unit starts the server, its pipeline prints what it says.

import { writeFileSync } from "node:fs";

import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { Certificates, executable, Program } from "@typewire/testkit";

import manifest from "../../../package.json" with { type: "json" };
import { startServer } from "./executables.ts";
import { Page, ROOT } from "./markdown.ts";

setDefaultTimeout(30_000);

const page = await Page.open("docs/deploying.md");

describe("the commands", () => {
  const commands = page.blocks
    .filter(({ language }) => language === "sh")
    .map(({ content }) => content.trim());

  test("run scripts that package.json has, or the executables", () => {
    expect(commands.length).toBeGreaterThan(3);
    for (const command of commands) {
      const [, script] = /^bun run (\S+)/.exec(command) ?? [];
      if (script === undefined) expect(command).toMatch(/^typewire-(client|server) /);
      else expect(Object.keys(manifest.scripts)).toContain(script);
    }
  });

  test("name a platform that build:all knows", () => {
    const [, platform = ""] = commands.join("\n").match(/build:all (\S+)/) ?? [];
    const run = Bun.spawnSync([process.execPath, "scripts/build-all.ts", "nowhere"], { cwd: ROOT });
    expect(run.exitCode).toBe(2);
    expect(run.stderr.toString()).toContain(platform);
  });
});

describe.if(process.platform === "linux")("the commands of several processes", () => {
  test("share a port, and end when nobody is left to say goodbye to", async () => {
    const commands = page.blocks.filter(({ content }) => content.startsWith("typewire-server"));
    expect(commands).toHaveLength(4);
    using folder = new Certificates();
    const [, options = ""] = /`(\{"token":.*?\})`/.exec(page.text) ?? [];
    writeFileSync(folder.path("nats.json"), options, { mode: 0o600 });
    await using programs = new AsyncDisposableStack();
    const started: Program[] = [];
    let port = "0";
    for (const { content } of commands) {
      const flags = content.trim().replace("8080", port).split(" ").slice(1);
      const program = programs.use(
        new Program([executable("server"), ...flags], { cwd: folder.folder }),
      );
      [, port = ""] = await program.stderr.line(/^\[LISTENING\] .*:(\d+)/);
      started.push(program);
    }
    for (const program of started) {
      program.signal("SIGTERM");
      expect(await program.exit()).toMatchObject({ code: 0 });
    }
  });
});

describe("the exit codes", () => {
  test("are those that --help lists", () => {
    const documented = page.rowsOf("exit code").map(([code = ""]) => code);
    const listed = ["server", "client"].flatMap((app) => {
      const help = Bun.spawnSync([executable(app as "server" | "client"), "--help"]);
      const [, codes = ""] = help.stdout.toString().split("Exit codes:");
      return [...codes.matchAll(/^ +(\d+) /gm)].map(([, code = ""]) => code);
    });
    expect(documented).toEqual([...new Set(listed)].toSorted((a, b) => Number(a) - Number(b)));
  });
});

describe("the pipeline", () => {
  test("prints the JSON shown below it", async () => {
    await using server = await startServer();
    const command = page.blocks.find(({ content }) => content.startsWith("typewire-client"));
    const line = command?.content.replace("typewire-client", `$CLIENT 127.0.0.1:${server.port}`);
    await using run = new Program(["sh", "-c", line ?? ""], {
      env: { CLIENT: executable("client") },
    });

    expect(await run.exit()).toMatchObject({ code: 0 });
    expect(`${run.stdout.text}\n`).toBe(page.block("json"));
  });
});

describe("the systemd unit", () => {
  test("starts the server with flags that it has", async () => {
    const [, flags = ""] = /^ExecStart=\S+typewire-server (.*)$/m.exec(page.block("ini")) ?? [];
    const given = flags.replace("8080", "0").split(" ");
    await using server = new Program([executable("server"), ...given]);

    await server.stderr.line(/"event":"listening"/);
  });
});
