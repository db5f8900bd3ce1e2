import { describe, expect, test } from "bun:test";

import { connectionCeiling, descriptorLimit } from "../src/descriptor-limit.ts";

describe("connectionCeiling", () => {
  test.each([
    [20_000, 19_872],
    [1024, 896],
    [256, 128],
    [64, 32],
    [1, 1],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  ])("leaves descriptors free below a limit of %d", (limit, ceiling) => {
    expect(connectionCeiling(limit)).toBe(ceiling);
  });
});

describe("descriptorLimit", () => {
  test("is the limit that a shell reports", () => {
    const { stdout } = Bun.spawnSync(["/bin/sh", "-c", "ulimit -n"]);
    const limit = Number(stdout.toString());
    expect(descriptorLimit()).toBe(Number.isNaN(limit) ? Number.POSITIVE_INFINITY : limit);
  });
});
