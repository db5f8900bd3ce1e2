// What a file of this repository relies on is in the repository: no file cites a document that is not.

import { expect, test } from "bun:test";
import { basename } from "node:path";

import { repositoryFiles, textOf } from "./repository.ts";

/** Documents of others that are named with their owner, and the pattern of a name. */
const foreign = new Set([
  "draft-ietf-cbor-7049bis",
  "LICENSE",
  "POSIX",
  "NNNN-title-as-a-statement",
]);

test("no file cites a document that is not in the repository", async () => {
  const files = repositoryFiles();
  const documents = new Set(
    files.filter((file) => file.endsWith(".md")).map((file) => basename(file, ".md")),
  );
  const citing = new Map<string, readonly string[]>();
  for (const file of files) {
    const cited = citationsIn((await textOf(file)) ?? "");
    const absent = cited.filter((name) => !documents.has(name) && !foreign.has(name));
    if (absent.length > 0) citing.set(file, absent);
  }
  expect(Object.fromEntries(citing)).toEqual({});
});

test("a document is cited by its file, or by a section of it", () => {
  const end = ".md";
  const sign = "§";
  expect(citationsIn(`see ONE${end} and TWO ${sign}3, RFC 8949 ${sign}4.1`)).toEqual([
    "ONE",
    "TWO",
  ]);
});

/** The names of documents in a text: a file's name without its end, or a word before a section sign. */
function citationsIn(text: string): readonly string[] {
  const byFile = [...text.matchAll(/\b([\w-]+)\.md\b/g)];
  const bySection = [...text.matchAll(/\b([A-Z]{3,}) §/g)];
  return [...byFile, ...bySection].map(([, name = ""]) => name);
}
