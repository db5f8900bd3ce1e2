import { describe, expect, test } from "bun:test";
import { join } from "node:path";

describe("the bundle of @typewire/bun", () => {
  test("carries nothing of the commands", async () => {
    const { outputs } = await Bun.build({
      entrypoints: [join(import.meta.dir, "../src/index.ts")],
      target: "bun",
      sourcemap: "external",
    });
    const map = outputs.find(({ kind }) => kind === "sourcemap");
    if (map === undefined) throw new Error("The bundle has no source map");
    const { sources } = (await map.json()) as { sources: readonly string[] };
    expect(sources.some((source) => source.endsWith("/serve.ts"))).toBe(true);
    expect(sources.some((source) => source.endsWith("/connect.ts"))).toBe(true);
    const foreign = /commander|packages\/command|apps\//;
    expect(sources.filter((source) => foreign.test(source))).toEqual([]);
  });
});
