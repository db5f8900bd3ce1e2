// docs/commands.md against the code that it is made from, and against what the executables print.

import { describe, expect, test } from "bun:test";

import { executable } from "@typewire/testkit";

import { commandsPage, commandsPagePath } from "../../../scripts/commands-page.ts";

describe("docs/commands.md", () => {
  test("is what scripts/commands-page.ts makes of the code", async () => {
    expect(await Bun.file(commandsPagePath).text()).toBe(commandsPage());
  });

  test.each(["server", "client"] as const)("has every flag of typewire-%s", (app) => {
    const help = Bun.spawnSync([executable(app), "--help"]).stdout.toString();
    const flags = [...help.matchAll(/^ {2}(?:-h, )?(--[\w-]+)/gm)].map(([, flag = ""]) => flag);
    const [, section = ""] = commandsPage().split(`\n## typewire-${app}\n`);
    const documented = [
      ...section
        .split("\n## ", 1)
        .join("")
        .matchAll(/^\| `(--[\w-]+)/gm),
    ];
    expect(flags.length).toBeGreaterThan(10);
    expect(documented.map(([, flag = ""]) => flag).toSorted()).toEqual(
      flags.filter((flag) => flag !== "--version" && flag !== "--help").toSorted(),
    );
  });
});
