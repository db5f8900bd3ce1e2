// docs/python.md: its script talks to the server, and prints what the page shows.

import { expect, setDefaultTimeout, test } from "bun:test";

import { outsideTool, Program } from "@typewire/testkit";

import { startClient, startServer } from "./executables.ts";
import { Page } from "./markdown.ts";
import { describePython, PYTHON_FOLDER } from "./python.ts";

setDefaultTimeout(30_000);

const page = await Page.open("docs/python.md");

describePython("docs/python.md", () => {
  test("says something to everybody, and prints what is shown below it", async () => {
    await using server = await startServer();
    await using other = startClient(server.port, "--output", "json");
    await other.stdout.line(/greeting/);
    const script = page.block("python").replace("8080", String(server.port));
    await using python = new Program([outsideTool("python") ?? "", "-u", "-c", script], {
      cwd: PYTHON_FOLDER,
    });

    const [said] = await other.stdout.line(/^.*"said".*$/);
    expect(JSON.parse(said)).toMatchObject({ type: "said", text: "hola desde Python" });
    await python.stdout.line(/'greeting'/);
    const shown = page.blocks[page.blocks.findIndex(({ language }) => language === "python") + 1];
    const expected = shown?.content.trim().split("\n") ?? [];
    expect(expected).toHaveLength(3);
    expected.forEach((line, index) => {
      const [before = "", after = ""] = line.split("…");
      expect(python.stdout.lines[index]).toStartWith(before);
      expect(python.stdout.lines[index]).toEndWith(after);
    });
  });
});
