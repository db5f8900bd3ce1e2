// docs/reliability.md against the tests and the code: every id of the fault list is on the page, every id
// that it says has a test has one, every limit is there with what keeps it.

import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { limitRows } from "@typewire/connection/internal";

const page = readFileSync(join(import.meta.dir, "../../../docs/reliability.md"), "utf8");

/** How many rows each letter of the fault list has. */
const LETTERS = { F: 17, C: 18, S: 14, L: 21, B: 14, P: 16, R: 12, K: 24 } as const;

function idsIn(text: string): Set<string> {
  return new Set(text.match(/\b[FCSLBPRK]\d+\b/g) ?? []);
}

describe("docs/reliability.md", () => {
  test("mentions every row of the fault list", () => {
    const all = Object.entries(LETTERS).flatMap(([letter, count]) =>
      Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
    );
    const mentioned = idsIn(page);
    expect(all.filter((id) => !mentioned.has(id))).toEqual([]);
  });

  test("lists for each file the rows that it has, no more and no fewer", () => {
    for (const file of readdirSync(import.meta.dir)) {
      const line = page
        .split("\n")
        .find((text) => text.startsWith(`| \`tests/faults/test/${file}\``));
      if (line === undefined) continue;
      const source = readFileSync(join(import.meta.dir, file), "utf8");
      const named = [...source.matchAll(/["`](?:X )?([FCSLBPRK]\d+) /g)].map(([, id = ""]) => id);
      const own = named.filter((id) => file !== "client.test.ts" || /^[LB]/.test(id));
      expect({ file, ids: [...idsIn(line)].toSorted() }).toEqual({
        file,
        ids: [...new Set(own)].toSorted(),
      });
    }
  });

  test("has every limit of a connection, and what keeps it", () => {
    const table = page.slice(page.indexOf("## Limits"), page.indexOf("## The fault list"));
    const named = table.match(/(?<=^\| `)\w+(?=`)/gm) ?? [];
    expect(named).toEqual(expect.arrayContaining(Object.keys(limitRows)));
  });
});
