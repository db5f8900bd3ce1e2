import { describe, expect, test } from "bun:test";

import { AddressCount } from "../src/address-count.ts";

describe("AddressCount", () => {
  test("has room for so many of one address, whatever others have", () => {
    const count = new AddressCount(2);
    expect(["a", "a", "a", "b"].map((address) => count.add(address))).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });

  test("has room again once one has left, and forgets addresses that have none", () => {
    const count = new AddressCount(1);
    for (let index = 0; index < 1000; index += 1) {
      expect(count.add(`10.0.0.${index}`)).toBe(true);
      count.remove(`10.0.0.${index}`);
    }
    expect(count.size).toBe(0);
    expect(count.add("10.0.0.1")).toBe(true);
    expect(count.add("10.0.0.1")).toBe(false);
    expect(count.size).toBe(1);
  });
});
