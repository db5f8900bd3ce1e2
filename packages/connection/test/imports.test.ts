// The order of this package: which file may know which. An import of a type counts like any other.

import { describe, expect, test } from "bun:test";
import { posix } from "node:path";

const SOURCES = `${import.meta.dir}/../src/`;

/** The floors, from the ground up. A file imports from its own floor and from those below it. */
const FLOORS: readonly (readonly string[])[] = [
  [
    "address.ts",
    "byte-socket.ts",
    "features.ts",
    "longest-timer.ts",
    "option-checks.ts",
    "option-value.ts",
    "options.ts",
    "printable.ts",
    "shuffled.ts",
    "text.ts",
    "type-counts.ts",
  ],
  ["close-reason.ts", "limit-rows.ts", "limits.ts"],
  ["handler-times.ts", "handlers.ts", "memory-budget.ts", "stats.ts", "time/"],
  [
    "calls/",
    "connection.ts",
    "handshake/",
    "observer.ts",
    "observers.ts",
    "sending/",
    "warnings.ts",
  ],
  ["receiving/"],
  ["end-options.ts", "endpoint.ts", "own-hello.ts"],
  ["awaited-end.ts", "entrance.ts"],
  ["live-connection.ts"],
  ["index.ts", "internal.ts"],
];

/** Files by path, with the paths of the files that each imports or exports from. */
const imports = new Map<string, readonly string[]>();
for (const path of new Bun.Glob("**/*.ts").scanSync(SOURCES)) {
  if (path.endsWith(".d.ts")) continue;
  const text = await Bun.file(SOURCES + path).text();
  const imported = [...text.matchAll(/\b(?:from|import)\s*\(?"(\.[^"]+)"/g)].map(([, to = ""]) =>
    posix.join(posix.dirname(path), to),
  );
  imports.set(path, imported);
}

/** The number of a file's floor: that of its own name before that of its folder. */
function floorOf(path: string): number {
  const byName = FLOORS.findIndex((floor) => floor.includes(path));
  if (byName >= 0) return byName;
  return FLOORS.findIndex((floor) => floor.includes(`${posix.dirname(path)}/`));
}

/** A way from `path` back to itself through what is imported; undefined where there is none. */
function circleFrom(path: string): readonly string[] | undefined {
  const seen = new Set<string>();
  const ways: (readonly string[])[] = [[path]];
  for (let way = ways.pop(); way !== undefined; way = ways.pop()) {
    for (const next of imports.get(way.at(-1) ?? "") ?? []) {
      if (next === path) return [...way, next];
      if (!seen.has(next)) ways.push([...way, next]);
      seen.add(next);
    }
  }
  return undefined;
}

describe("imports of packages/connection/src", () => {
  test("are read from every file", () => {
    expect(imports.size).toBeGreaterThan(20);
    expect(imports.get("connection.ts")).toContain("close-reason.ts");
    for (const imported of imports.values()) {
      for (const path of imported) expect(imports.has(path), path).toBe(true);
    }
  });

  test("make no circle, imports of types included", () => {
    const circles = [...imports.keys()].flatMap((path) => circleFrom(path)?.join(" → ") ?? []);
    expect(circles).toEqual([]);
  });

  test("go from floor to floor downwards", () => {
    const homeless = [...imports.keys()].filter((path) => floorOf(path) < 0);
    expect(homeless).toEqual([]);
    const upward = [...imports].flatMap(([path, imported]) =>
      imported.filter((to) => floorOf(to) > floorOf(path)).map((to) => `${path} → ${to}`),
    );
    expect(upward).toEqual([]);
  });

  test("keep the two directions apart", () => {
    const across = [...imports].flatMap(([path, imported]) =>
      imported
        .filter(
          (to) =>
            (path.startsWith("receiving/") && to.startsWith("sending/")) ||
            (path.startsWith("sending/") && to.startsWith("receiving/")),
        )
        .map((to) => `${path} → ${to}`),
    );
    expect(across).toEqual([]);
  });
});
