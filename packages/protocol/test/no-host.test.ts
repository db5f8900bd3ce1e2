// `@typewire/protocol` runs wherever JavaScript does. The bundle is the judge: whatever it still
// imports, or names of a host, would have to be there at run time.
import { describe, expect, test } from "bun:test";
import { join } from "node:path";

const SOURCES = join(import.meta.dir, "..", "src");

async function bundle(entry: string, target: "browser" | "bun"): Promise<string> {
  const { outputs } = await Bun.build({
    entrypoints: [join(SOURCES, entry)],
    target,
    external: ["node:*", "bun:*"],
  });
  expect(outputs).toHaveLength(1);
  return (await outputs[0]?.text()) ?? "";
}

describe.each(["index.ts", "saludo.ts"])("the bundle of src/%s", (entry) => {
  test("imports nothing", async () => {
    const imports = new Bun.Transpiler({ loader: "js" }).scanImports(
      await bundle(entry, "browser"),
    );
    expect(imports).toEqual([]);
  });

  test("names no host module and no host global", async () => {
    const code = await bundle(entry, "browser");
    expect(code).toContain("defineProtocol");
    expect(code).not.toMatch(/["'](node|bun):/);
    expect(code).not.toMatch(/\b(Bun|Deno)\./);
  });

  test("leaves out the native addon of cbor-x under Bun too", async () => {
    const code = await bundle(entry, "bun");
    expect(code).toContain("defineProtocol");
    expect(code).not.toContain("cbor-extract");
  });
});
