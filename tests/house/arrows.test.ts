// Which package and file may import which. `turbo boundaries` and the linter hold part of it; what they cannot see, imports of
// types, files within a package and the names of a host, is here.

import { describe, expect, test } from "bun:test";

import { circlesIn, codeOf, readSources, type SourceFile, specifiersIn } from "./sources.ts";

/** What each may import of the others: apps → {bun, command} → {server, client} → connection → protocol; nats → backplane. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  "packages/protocol": [],
  "packages/connection": ["protocol"],
  "packages/backplane": ["connection", "protocol"],
  "packages/nats": ["backplane", "connection", "protocol"],
  "packages/server": ["backplane", "connection", "protocol"],
  "packages/client": ["connection", "protocol"],
  "packages/observe": ["server", "backplane", "connection"],
  "packages/bun": ["server", "client", "connection", "protocol"],
  "packages/command": ["connection", "protocol"],
  "packages/testkit": ["connection", "protocol"],
  "packages/typewire": [
    "bun",
    "nats",
    "observe",
    "backplane",
    "server",
    "client",
    "testkit",
    "connection",
    "protocol",
  ],
  "apps/server": ["bun", "nats", "observe", "command", "server", "connection", "protocol"],
  "apps/client": ["bun", "command", "client", "connection", "protocol"],
};

/** These know the machine they run on. */
const HOSTED = [
  "packages/bun",
  "packages/nats",
  "packages/command",
  "packages/testkit",
  "apps/server",
  "apps/client",
];

/** Names that only a host has, at the beginning of an expression. */
const HOST_NAMES =
  /(?<![\w$.])(?:Bun|Deno|process|Buffer|console|require|__dirname)\s*(?:\.|\(|\[)/;

const sources = await readSources();
const homes = [...new Set(sources.map(({ home }) => home))].toSorted();

/** The files and their imports that `isWrong`, for a message that says which. */
function faults(isWrong: (specifier: string, file: SourceFile) => boolean): readonly string[] {
  return sources.flatMap((file) =>
    file.specifiers
      .filter((specifier) => isWrong(specifier, file))
      .map((specifier) => `${file.path} → ${specifier}`),
  );
}

describe("the arrows between packages", () => {
  test("have a row for each package and app, and make no circle", () => {
    expect(homes).toEqual(Object.keys(ARROWS).toSorted());
    const edges = Object.entries(ARROWS).map(
      ([home, names]) => [home, names.map((name) => `packages/${name}`)] as const,
    );
    expect(circlesIn(new Map(edges))).toEqual([]);
  });

  test("hold for every import of a source", () => {
    const wrong = faults((specifier, { home }) => {
      const name = /^@typewire\/([^/]+)/.exec(specifier)?.[1];
      return name !== undefined && !(ARROWS[home] ?? []).includes(name);
    });
    expect(wrong).toEqual([]);
  });

  test("are not gone round by a path into another package, or by an app's name", () => {
    const wrong = faults((specifier, { path, home }) => {
      if (/^typewire-(?:server|client)/.test(specifier)) return true;
      if (!specifier.startsWith(".")) return false;
      const target = new URL(specifier, `file:///${path}`).pathname.slice(1);
      // An app reads its own version there.
      return !target.startsWith(`${home}/src/`) && target !== `${home}/package.json`;
    });
    expect(wrong).toEqual([]);
  });
});

describe("a backplane", () => {
  test("is known to a server by its types alone, so that one without it loads nothing of it", () => {
    const wrong = sources
      .filter(({ home }) => home === "packages/server")
      .filter(({ text }) => /^(?:import|export) (?!type )[^;]*"@typewire\/backplane"/m.test(text));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});

describe("calls", () => {
  test("are code to the endpoint of a protocol that has some, and types at most to a connection", () => {
    const connection = "packages/connection/src";
    const runs = sources
      .filter(({ path }) => path.startsWith(connection) && !path.startsWith(`${connection}/calls/`))
      .filter((file) =>
        specifiersIn(codeOf(file)).some((specifier) => /^\.\.?\/calls\//.test(specifier)),
      );
    expect(runs.map(({ path }) => path)).toEqual([
      `${connection}/endpoint.ts`,
      // What a client or server is made with.
      `${connection}/index.ts`,
    ]);
  });
});

describe("the files of a package", () => {
  test("name their neighbours with the extension, and all of them are there", () => {
    const paths = new Set(sources.map(({ path }) => path));
    const missing = sources.flatMap(({ path, neighbours }) =>
      neighbours.filter((to) => !paths.has(to)).map((to) => `${path} → ${to}`),
    );
    expect(missing).toEqual([]);
  });

  test("import each other in no circle, types included", () => {
    expect(
      circlesIn(new Map(sources.map(({ path, neighbours }) => [path, neighbours] as const))),
    ).toEqual([]);
  });
});

describe("a package without a host", () => {
  const free = sources.filter(({ home }) => !HOSTED.includes(home));

  test("is every one that need not have one", () => {
    expect([...new Set(free.map(({ home }) => home))].toSorted()).toEqual([
      "packages/backplane",
      "packages/client",
      "packages/connection",
      "packages/observe",
      "packages/protocol",
      "packages/server",
      "packages/typewire",
    ]);
  });

  test("imports nothing of a host", () => {
    const wrong = free.flatMap(({ path, specifiers }) =>
      specifiers
        .filter((specifier) => /^(?:node|bun|deno):|^bun$/.test(specifier))
        .map((specifier) => `${path} → ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  test("names nothing of a host", () => {
    const wrong = free.flatMap((file) => {
      const [found] = HOST_NAMES.exec(codeOf(file)) ?? [];
      return found === undefined ? [] : `${file.path}: ${found}`;
    });
    expect(wrong).toEqual([]);
  });
});

describe("Bun's sockets", () => {
  test("are opened by @typewire/bun alone, and by the line to NATS and the testkit", () => {
    const opens =
      /Bun\s*\.\s*(?:listen|connect|serve|udpSocket)\b|["']node:(?:tls|https?|http2|dgram)["']|\b(?:connect|createServer|createConnection|Socket|Server)\b[^}"']*\}\s*from\s*["']node:net["']/;
    const wrong = sources
      .filter(({ home }) => !["packages/bun", "packages/nats", "packages/testkit"].includes(home))
      .filter((file) => opens.test(codeOf(file)));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});

describe("specifiersIn", () => {
  test("sees types, exports, several lines, and imports made at run time", () => {
    const text = `
      import type { A } from "./a.ts";
      export {
        type B,
      } from "./b.ts";
      export * from './c.ts';
      import "./d.ts";
      const e = await import("./e.ts");
      type F = import("./f.ts").F;
    `;
    expect(specifiersIn(text)).toEqual([
      "./a.ts",
      "./b.ts",
      "./c.ts",
      "./d.ts",
      "./e.ts",
      "./f.ts",
    ]);
  });
});

describe("circlesIn", () => {
  test("finds each way back, and nothing in a tree", () => {
    const tree = new Map([
      ["a", ["b", "c"]],
      ["b", ["c"]],
      ["c", []],
    ]);
    expect(circlesIn(tree)).toEqual([]);
    const knot = new Map([
      ["a", ["b"]],
      ["b", ["c"]],
      ["c", ["b", "c"]],
    ]);
    expect(circlesIn(knot)).toEqual(["b → c → b", "c → c"]);
  });
});
