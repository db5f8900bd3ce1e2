// docs/observe.md, kept honest: its program runs and answers, its tables have every metric and every reason.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Program } from "@typewire/testkit";
import { embedded } from "typewire/backplane";
import { serve } from "typewire/bun";
import { metrics } from "typewire/observe";
import { saludo } from "typewire/saludo";

import { Page, ROOT } from "./markdown.ts";

setDefaultTimeout(30_000);

const page = await Page.open("docs/observe.md");

test("the alerts of docs/observe.md ask for metrics that there are", () => {
  const known = ["metric", "with a backplane"].flatMap((title) =>
    page.rowsOf(title).map(([metric = ""]) => metric.replaceAll("`", "")),
  );
  const asked = page.block("yaml").match(/typewire_\w+/g) ?? [];
  expect(asked.length).toBeGreaterThan(5);
  expect(known).toEqual(expect.arrayContaining(asked.map((each) => each.replace(/_bucket$/, ""))));
});

test("docs/observe.md has the metrics of a backplane, and no others", async () => {
  const rows = page.rowsOf("with a backplane").map(([metric = ""]) => metric.replaceAll("`", ""));
  await using server = serve(saludo, { port: 0, backplane: embedded() }, { say() {} });
  const scrape = await (metrics(server) as Response).text();
  const found = [...scrape.matchAll(/^# TYPE (\S+)/gm)].map(([, name = ""]) => name);
  const always = page.rowsOf("metric").map(([metric = ""]) => metric.replaceAll("`", ""));
  expect([...always, ...rows]).toEqual(found);
});

describe("the program of docs/observe.md", () => {
  // Beneath node_modules, so that packages are found and Git does not look.
  let folder = "";
  let url = "";
  let program: Program | undefined;
  beforeAll(async () => {
    const cache = join(ROOT, "node_modules", ".cache");
    mkdirSync(cache, { recursive: true });
    folder = mkdtempSync(join(cache, "typewire-observe-"));
    const text = page.block("ts", "observed.ts").replaceAll(/\bport: \d+/g, "port: 0");
    writeFileSync(join(folder, "observed.ts"), text);
    program = new Program([process.execPath, join(folder, "observed.ts")]);
    const [, found = ""] = await program.stdout.line(/^Admin on (.*)$/);
    url = found;
  });
  afterAll(async () => {
    await program?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  test("compiles", () => {
    const compilerOptions = { types: ["bun"] };
    const config = { extends: join(ROOT, "tsconfig.base.json"), compilerOptions };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const command = [process.execPath, "check", "--no-script"];
    const { exitCode, stdout } = Bun.spawnSync(command, { cwd: folder });
    expect(`${exitCode} ${stdout.toString()}`).toBe("0 ");
  });

  test("answers as the table says", async () => {
    const paths = page.rowsOf("path").map(([path = ""]) => path.replaceAll("`", ""));
    expect(paths).toEqual(["/", "/live", "/metrics", "/healthz", "/readyz"]);
    for (const path of paths) {
      const answer = await fetch(new URL(path, url));
      expect([path, answer.status]).toEqual([path, 200]);
      await answer.body?.cancel();
    }
    const health = await fetch(new URL("/healthz", url));
    expect(Object.keys((await health.json()) as object)).toEqual(["status", "loopLagMs"]);
    const ready = await fetch(new URL("/readyz", url));
    expect([ready.status, await ready.text()]).toEqual([200, '{"ready":true,"reasons":[]}\n']);
  });

  test("has the metrics of the table, with these labels, and no others", async () => {
    const scrape = await (await fetch(new URL("/metrics", url))).text();
    const documented = page.rowsOf("metric").map(([metric = ""]) => metric.replaceAll("`", ""));
    const found = [...scrape.matchAll(/^# TYPE (\S+)/gm)].map(([, name = ""]) => name);
    expect(documented).toEqual(found);
    const labels = new Map(
      page
        .rowsOf("metric")
        .map(([metric = "", cell = ""]) => [
          metric.replaceAll("`", ""),
          [...cell.matchAll(/`(\w+)`/g)].map(([, label = ""]) => label),
        ]),
    );
    for (const [, name = "", pairs = ""] of scrape.matchAll(/^(\w+)\{(.*)\} /gm)) {
      const family = name.replace(/_(?:bucket|sum|count)$/, "");
      const seen = [...pairs.matchAll(/(\w+)="/g)].map(([, label = ""]) => label);
      expect([name, labels.get(family)]).toEqual([name, seen.filter((label) => label !== "le")]);
    }
  });
});
