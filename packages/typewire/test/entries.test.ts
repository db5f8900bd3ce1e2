// What each entry gives to a program, by name: a name that is added, lost or moved is a decision.

import { describe, expect, test } from "bun:test";
import { join } from "node:path";

import manifest from "../package.json" with { type: "json" };
import { requireBun } from "../src/require-bun.ts";

const FOLDER = join(import.meta.dir, "..");

const names: Readonly<Record<keyof typeof manifest.exports, readonly string[]>> = {
  ".": [
    "CallError",
    "FormatRegistry",
    "FrameReader",
    "Type",
    "TypewireError",
    "decodeHeader",
    "defineProtocol",
    "describeCloseReason",
    "encodeHeader",
    "isFatal",
  ],
  "./bun": ["connect", "removeStaleSocket", "serve"],
  "./backplane": ["embedded", "overTransport"],
  "./nats": ["nats"],
  "./observe": ["admin", "health", "live", "metrics", "page", "readiness"],
  "./testing": ["FakeClock", "MemoryPair", "connectInMemory"],
  "./saludo": ["saludo"],
  "./internal": [
    "ByteWriter",
    "compileNow",
    "defineReferenceProtocol",
    "generatedCode",
    "systemClock",
    "toDiagnostic",
  ],
};

const entries = Object.entries(manifest.exports);

test("the entry ./bun says on another host what it needs, and what that host can import", () => {
  expect(() => requireBun({})).toThrow(
    /^typewire\/bun needs Bun 1\.4 .* On Node import "typewire" .* or "typewire\/testing"/,
  );
  expect(() => requireBun({ Bun })).not.toThrow();
});

test("no other entry than ./nats imports a client of NATS, and none that serves loads a backplane", async () => {
  for (const [entry, source] of entries.filter(([entry]) => entry !== "./nats")) {
    const { outputs } = await Bun.build({
      entrypoints: [join(FOLDER, source)],
      target: "bun",
      packages: "bundle",
    });
    const code = (await outputs[0]?.text()) ?? "";
    expect(code).not.toContain("nats-io");
    if (entry !== "./backplane") expect(code).not.toContain("$beat");
  }
});

describe.each(entries)("the entry %s", (entry, source) => {
  test("exports these values and no others", async () => {
    const module = (await import(join(FOLDER, source))) as object;
    expect(Object.keys(module).toSorted()).toEqual(
      [...(names[entry as keyof typeof names] ?? [])].toSorted(),
    );
  });
});

// These two are for hosts with sockets.
describe.each(entries.filter(([entry]) => entry !== "./bun" && entry !== "./nats"))(
  "the bundle of the entry %s",
  (_, source) => {
    // The bundle is the judge: what it still imports or names would have to be there at run time.
    test("needs no host: it imports no built-in module and names nothing of Bun's", async () => {
      const { outputs } = await Bun.build({
        entrypoints: [join(FOLDER, source)],
        target: "browser",
        external: ["node:*", "bun", "bun:*"],
      });
      const code = (await outputs[0]?.text()) ?? "";
      const imports = new Bun.Transpiler({ loader: "js" }).scanImports(code);
      expect(imports).toEqual([]);
      expect(code).not.toMatch(/\b(Bun|Deno|process)\.\w/);
    });
  },
);
