import { describe, expect, test } from "bun:test";

import { Numbers } from "../src/numbers.ts";

const NEXT = { is: "next" } as const;
const LATE = { is: "late" } as const;
const gap = (from: number, missed: number) => ({ is: "gap", from, missed }) as const;

describe("Numbers", () => {
  test("begin with 1 where this server was there, else with what comes first", () => {
    const numbers = new Numbers();
    expect(numbers.take("there", 3, 4, true)).toEqual(gap(1, 2));
    expect(numbers.take("later", 3, 4, false)).toEqual(NEXT);
  });

  test("begin with what the other has answered, from whatever came before it", () => {
    const numbers = new Numbers();
    expect(numbers.begin("nothing", 4)).toEqual(NEXT);
    expect(numbers.take("nothing", 7, 7, false)).toEqual(gap(5, 2));
    numbers.take("later", 7, 7, false);
    expect(numbers.begin("later", 4)).toEqual(gap(5, 2));
    expect(numbers.begin("later", 4)).toEqual(NEXT);
    numbers.take("earlier", 3, 3, false);
    expect(numbers.begin("earlier", 4)).toEqual(NEXT);
    expect(numbers.take("earlier", 5, 5, false)).toEqual(gap(4, 1));
  });

  test("are of no beat as long as nothing has come and the other has not answered", () => {
    const numbers = new Numbers();
    expect([numbers.hear("t", 9, false), numbers.hear("t", 9, false)]).toEqual([NEXT, NEXT]);
    expect(numbers.isSureOf("t")).toBe(false);
    numbers.begin("t", 4);
    expect(numbers.isSureOf("t")).toBe(true);
    expect([numbers.hear("t", 9, false), numbers.hear("t", 9, false)]).toEqual([NEXT, gap(5, 5)]);
  });

  test("take what follows, tell a jump at once, and drop what comes late, also in part", () => {
    const numbers = new Numbers();
    expect(numbers.take("t", 1, 3, true)).toEqual(NEXT);
    expect(numbers.take("t", 4, 4, true)).toEqual(NEXT);
    expect(numbers.take("t", 8, 9, true)).toEqual(gap(5, 3));
    expect(numbers.take("t", 5, 7, true)).toEqual(LATE);
    expect(numbers.take("t", 9, 12, true)).toEqual(LATE);
    expect(numbers.take("t", 10, 10, true)).toEqual(NEXT);
  });

  test("believe a beat when the next one says so too, up to what both say", () => {
    const numbers = new Numbers();
    numbers.take("t", 1, 3, true);
    expect(numbers.hear("t", 5, true)).toEqual(NEXT);
    expect(numbers.hear("t", 7, true)).toEqual(gap(4, 2));
    expect(numbers.hear("t", 7, true)).toEqual(gap(6, 2));
    expect(numbers.hear("t", 7, true)).toEqual(NEXT);
    expect(numbers.take("t", 7, 7, true)).toEqual(LATE);
  });

  test("forget what a beat said where the next says less, as of one who will send it again", () => {
    const numbers = new Numbers();
    numbers.take("t", 1, 3, true);
    expect(numbers.hear("t", 9, true)).toEqual(NEXT);
    expect(numbers.hear("t", 3, true)).toEqual(NEXT);
    expect(numbers.take("t", 4, 9, true)).toEqual(NEXT);
    expect(numbers.hear("t", 9, true)).toEqual(NEXT);
    expect(numbers.hear("t", 9, true)).toEqual(NEXT);
  });

  test("judge the beginning of a topic when it is known whether this server was there, once", () => {
    const numbers = new Numbers();
    expect(numbers.take("there", 3, 3, false)).toEqual(NEXT);
    expect(numbers.take("later", 3, 3, false)).toEqual(NEXT);
    expect(numbers.take("there", 5, 5, false)).toEqual(gap(4, 1));
    expect([...numbers.beginAll((topic) => topic === "there")]).toEqual([["there", gap(1, 2)]]);
    expect(numbers.isSureOf("later")).toBe(false);
    expect([...numbers.beginAll((topic) => topic === "there")]).toEqual([]);
  });

  test("begin anew for a topic that was left", () => {
    const numbers = new Numbers();
    numbers.take("t", 1, 3, true);
    numbers.forget("t");
    expect(numbers.take("t", 2, 2, false)).toEqual(NEXT);
  });
});
