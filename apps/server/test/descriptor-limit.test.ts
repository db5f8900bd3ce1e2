import { describe, expect, test } from "bun:test";

import {
  connectionCeiling,
  descriptorLimit,
  resolveMaxConnections,
} from "../src/descriptor-limit.ts";

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

describe("resolveMaxConnections", () => {
  test("is 10 000 where descriptors are plenty", () => {
    expect(resolveMaxConnections(undefined, 1_000_000)).toBe(10_000);
  });

  test("lowers the default and a request to the descriptors", () => {
    expect(resolveMaxConnections(undefined, 1024)).toBe(896);
    expect(resolveMaxConnections(5000, 1024)).toBe(896);
    expect(resolveMaxConnections(5, 1024)).toBe(5);
  });
});

describe("descriptorLimit", () => {
  test("is the limit that a shell reports", () => {
    const { stdout } = Bun.spawnSync(["/bin/sh", "-c", "ulimit -n"]);
    const limit = Number(stdout.toString());
    expect(descriptorLimit()).toBe(Number.isNaN(limit) ? Number.POSITIVE_INFINITY : limit);
  });
});
