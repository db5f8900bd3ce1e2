import { describe, expect, test } from "bun:test";

import { shuffled } from "../src/shuffled.ts";

describe("shuffled", () => {
  test("leaves everything in its place where chance is 0, and asks for none for one value", () => {
    expect(shuffled(new Set(["a", "b", "c"]), () => 0)).toEqual(["a", "b", "c"]);
    const never = (): number => {
      throw new Error("asked");
    };
    expect(shuffled(["a"], never)).toEqual(["a"]);
    expect(shuffled([], never)).toEqual([]);
  });

  test("has each order equally often", () => {
    const orders = [0, 1, 2, 3].flatMap((first) =>
      [0, 1, 2].flatMap((second) =>
        [0, 1].map((third) => {
          const chances = [first / 4, second / 3, third / 2];
          return shuffled(["a", "b", "c", "d"], () => chances.shift() ?? 0);
        }),
      ),
    );
    expect(new Set(orders.map((order) => order.join(""))).size).toBe(24);
    for (const order of orders) expect(order.toSorted().join("")).toBe("abcd");
  });
});
