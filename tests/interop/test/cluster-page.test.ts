// docs/cluster.md, kept honest: its program runs on a real NATS, and its tables name every figure, option and event.

import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { NatsServer, outsideTool, Program } from "@typewire/testkit";

import { Page, ROOT } from "./markdown.ts";
import { textOf } from "./repository.ts";

setDefaultTimeout(30_000);

const page = await Page.open("docs/cluster.md");

/** The names in the first cells of the tables under this title. */
function named(title: string): readonly string[] {
  return page
    .rowsOf(title)
    .flatMap(([cell = ""]) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name));
}

/** The members of an interface, as its source has them. */
async function membersOf(path: string, name: string): Promise<readonly string[]> {
  const [, after = ""] = ((await textOf(path)) ?? "").split(`export interface ${name} {\n`);
  const [body = ""] = after.split("\n}\n");
  return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, member = ""]) => member);
}

describe("docs/cluster.md", () => {
  test("has every figure, and no other", async () => {
    const figures = await membersOf("packages/backplane/src/backplane.ts", "BackplaneStats");
    expect(figures.length).toBeGreaterThan(10);
    expect(named("name").toSorted()).toEqual(figures.toSorted());
  });

  test("has every option of nats(), and no other", async () => {
    const options = await membersOf("packages/nats/src/options.ts", "NatsOptions");
    expect(named("option").toSorted()).toEqual(options.toSorted());
  });

  test("names the fields of each message of the bus", async () => {
    for (const message of ["Batch", "Beat", "Begin"]) {
      for (const member of await membersOf("packages/backplane/src/bus-messages.ts", message)) {
        if (member !== "type") expect(page.text).toMatch(new RegExp(`[ {]${member}\\??[ ,}]`));
      }
    }
  });
});

describe.skipIf(outsideTool("nats-server") === undefined)("the program of docs/cluster.md", () => {
  // Beneath node_modules, so that packages are found and Git does not look.
  const cache = join(ROOT, "node_modules", ".cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "typewire-cluster-page-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("joins another of its kind", async () => {
    await using bus = await NatsServer.start();
    writeFileSync(
      join(folder, "chat.ts"),
      `import { defineProtocol, Type } from "typewire";
const text = Type.Object({ text: Type.String() });
export const chat = defineProtocol({ name: "chat", version: 1, server: { said: text }, client: { say: text } });
`,
    );
    const program = page.block("ts", "server.ts");
    const here = program.replace("127.0.0.1:4222", bus.address).replace("8080", "0");
    expect(here).not.toBe(program);
    writeFileSync(join(folder, "server.ts"), here);
    const start = (): Program => new Program([process.execPath, "server.ts"], { cwd: folder });
    await using one = start();
    await one.stderr.line(/^up$/);
    await using other = start();
    await one.stderr.line(/^server-joined$/);
    await other.stderr.line(/^server-joined$/);
  });
});
