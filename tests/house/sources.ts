// The sources of every package and app, and what each file imports: types, exports from, and imports made at
// run time count alike. Reads text, so it also sees what a bundler would leave out.

import { posix } from "node:path";

export const ROOT = `${import.meta.dir}/../..`;

export interface SourceFile {
  /** From the root of the repository: `packages/server/src/server.ts`. */
  readonly path: string;
  /** The package or app that it is in: `packages/server`. */
  readonly home: string;
  readonly text: string;
  /** As written: `./refusal.ts`, `@typewire/connection`, `node:fs`. */
  readonly specifiers: readonly string[];
  /** Files of the same home that it imports, from the root of the repository. */
  readonly neighbours: readonly string[];
}

/** All of them, without declarations of globals. */
export async function readSources(): Promise<readonly SourceFile[]> {
  const paths = [...new Bun.Glob("{packages,apps}/*/src/**/*.ts").scanSync(ROOT)].toSorted();
  return Promise.all(paths.filter((path) => !path.endsWith(".d.ts")).map(readSource));
}

async function readSource(path: string): Promise<SourceFile> {
  const text = await Bun.file(`${ROOT}/${path}`).text();
  const specifiers = specifiersIn(text);
  return {
    path,
    home: path.split("/", 2).join("/"),
    text,
    specifiers,
    neighbours: specifiers
      .filter((specifier) => specifier.startsWith(".") && specifier.endsWith(".ts"))
      .map((specifier) => posix.join(posix.dirname(path), specifier)),
  };
}

/** What a text imports or exports from. A comment that looks like an import counts as one. */
export function specifiersIn(text: string): readonly string[] {
  return [...text.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map(
    ([, specifier = ""]) => specifier,
  );
}

/** The code without comments and types, for a look at the names it uses. */
export function codeOf({ text }: SourceFile): string {
  return new Bun.Transpiler({ loader: "ts" }).transformSync(text);
}

/** Ways along `edges` that come back to where they began, each once; empty where there is none. */
export function circlesIn(edges: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (node: string): void => {
    const begin = way.indexOf(node);
    if (begin >= 0) circles.push([...way.slice(begin), node].join(" → "));
    if (begin >= 0 || done.has(node)) return;
    way.push(node);
    for (const next of edges.get(node) ?? []) visit(next);
    way.pop();
    done.add(node);
  };
  for (const node of edges.keys()) visit(node);
  return circles;
}
