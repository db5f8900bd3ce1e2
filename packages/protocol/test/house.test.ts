// The house of the sources: rooms stand in one order, no import leads to a room above, and no file leads
// back to itself. Imports of types count as well: a reader follows them like any other.

import { describe, expect, test } from "bun:test";
import { dirname, join, relative } from "node:path";

const SOURCES = join(import.meta.dir, "..", "src");

/** Rooms from the bottom up; rooms of one line stand side by side and do not know each other. */
const ROOMS: readonly (readonly string[])[] = [
  [
    "errors.ts",
    "call-error.ts",
    "thrown.ts",
    "begin-at.ts",
    "limits.ts",
    "release.ts",
    "byte-writer.ts",
    "code-budget.ts",
    "excerpt.ts",
    "assert-bytes.ts",
    "unprintable.ts",
    "globals.d.ts",
    "unprintable.ts",
  ],
  ["frame/", "cbor/"],
  ["schema/"],
  ["codec/reference/"],
  ["codec/compiled/"],
  ["codec/"],
  ["describe/"],
  ["define-protocol.ts"],
  ["call-types.ts"],
  ["saludo.ts", "index.ts", "internal.ts"],
];

/** Every source file, with the source files that it imports. */
async function importsOf(): Promise<ReadonlyMap<string, readonly string[]>> {
  const graph = new Map<string, readonly string[]>();
  for (const file of new Bun.Glob("**/*.ts").scanSync(SOURCES)) {
    const text = await Bun.file(join(SOURCES, file)).text();
    const found = [...text.matchAll(/(?:\bfrom|\bimport\(?)\s*"(\.[^"]+)"/g)];
    const targets = found.map(([, path = ""]) =>
      relative(SOURCES, join(SOURCES, dirname(file), path)),
    );
    graph.set(file, targets);
  }
  return graph;
}

/** The room of a file: how high it stands, and its name. */
function roomOf(file: string): { readonly height: number; readonly room: string } {
  // The deepest room that the file is in: `codec/reference/` before `codec/`.
  const rooms = ROOMS.flatMap((side, height) => side.map((room) => ({ height, room })));
  const fitting = rooms.filter(({ room }) => file === room || file.startsWith(room));
  const [deepest] = fitting.toSorted((a, b) => b.room.length - a.room.length);
  if (deepest === undefined) throw new Error(`${file} is in no room of this test`);
  return deepest;
}

/** The first way that leads from a file back to itself. */
function circleIn(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const target of graph.get(file) ?? []) {
      const circle = visit(target, [...way, file]);
      if (circle !== undefined) return circle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const circle = visit(file, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

describe("the sources", () => {
  test("import files that exist, and are more than a few", async () => {
    const graph = await importsOf();
    const missing = [...graph.values()].flat().filter((target) => !graph.has(target));
    expect(missing).toEqual([]);
    expect([...graph.values()].flat().length).toBeGreaterThan(100);
  });

  test("lead to no room above, and to none beside", async () => {
    const wrong: string[] = [];
    for (const [file, targets] of await importsOf()) {
      const from = roomOf(file);
      for (const target of targets) {
        const to = roomOf(target);
        const isRoot = !from.room.endsWith("/");
        const isOwn = to.room === from.room || (isRoot && to.height === from.height);
        if (!isOwn && to.height >= from.height) wrong.push(`${file} → ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test("have no circle", async () => {
    expect(circleIn(await importsOf())).toBeUndefined();
  });

  test("would be caught in a circle of any length", () => {
    expect(circleIn(new Map([["a", ["a"]]]))).toEqual(["a", "a"]);
    const graph = new Map([
      ["a", ["b", "c"]],
      ["b", ["c"]],
      ["c", ["d"]],
      ["d", ["b"]],
    ]);
    expect(circleIn(graph)).toEqual(["b", "c", "d", "b"]);
  });

  test.each(["reference", "compiled"])("of the %s path name both halves alike", (path) => {
    const filesOf = (half: string): string[] => [
      ...new Bun.Glob("*.ts").scanSync(join(SOURCES, "codec", path, half)),
    ];
    const decode = new Set(filesOf("decode"));
    const encode = filesOf("encode");
    // What only a reader needs: see docs/codec.md.
    const alone = [
      "byte-order-marks.ts",
      "calls.ts",
      "choose.ts",
      "places.ts",
      "read.ts",
      "unknown.ts",
    ];
    expect(encode.filter((file) => !decode.has(file))).toEqual([]);
    expect([...decode].filter((file) => !encode.includes(file) && !alone.includes(file))).toEqual(
      [],
    );
  });
});
