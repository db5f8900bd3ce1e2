import { expect, test } from "bun:test";

import { TypeCounts } from "../src/type-counts.ts";

test("counts each name, whatever came before, and tells names of which none has come", () => {
  const counts = new TypeCounts(["a", "b", "c"]);
  for (const name of ["a", "a", "b", "a", "__proto__", "b"]) counts.add(name);
  expect(Object.entries(counts.byName)).toEqual([
    ["a", 3],
    ["b", 2],
    ["c", 0],
    ["__proto__", 1],
  ]);
});
