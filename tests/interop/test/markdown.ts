// What the documentation's tests need of Markdown: fenced blocks, tables, links and anchors.

import { dirname, join } from "node:path";

export const ROOT = join(import.meta.dir, "..", "..", "..");

/** A fenced block: its language, what stands behind it on the same line, and its content. */
export interface Block {
  readonly language: string;
  readonly info: string;
  readonly content: string;
}

/** A page of this repository, by its path from the root. */
export class Page {
  readonly path: string;
  readonly text: string;

  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
  }

  static async open(path: string): Promise<Page> {
    return new Page(path, await Bun.file(join(ROOT, path)).text());
  }

  /** All fenced blocks, in order. */
  get blocks(): readonly Block[] {
    return [...this.text.matchAll(/^```(\w[\w-]*) ?(.*)\n([^]*?)^```$/gm)].map(
      ([, language = "", info = "", content = ""]) => ({ language, info, content }),
    );
  }

  /** The block with this language and, where given, this text behind it. */
  block(language: string, info?: string): string {
    const found = this.blocks.find(
      (block) => block.language === language && (info === undefined || block.info === info),
    );
    if (found === undefined) throw new Error(`${this.path} has no block ${language} ${info ?? ""}`);
    return found.content;
  }

  /** The rows of the tables whose head begins with this title; cells without outer spaces. */
  rowsOf(title: string): readonly (readonly string[])[] {
    const [, ...tables] = this.text.split(`\n| ${title} `);
    return tables
      .flatMap((after) => (after.split("\n\n")[0] ?? "").trimEnd().split("\n").slice(2))
      .map((row) =>
        row
          .split(/(?<!\\)\|/)
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
  }

  /** Targets of links within the repository: path from the root, and anchor. */
  get links(): readonly { readonly path: string; readonly anchor: string }[] {
    return [...this.text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)].map(
      ([, path = "", anchor = ""]) => ({
        path: path === "" ? this.path : join(dirname(this.path), path),
        anchor,
      }),
    );
  }

  /** What links may point to: headings as GitHub turns them into anchors. */
  get anchors(): readonly string[] {
    return [...this.text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    );
  }
}
