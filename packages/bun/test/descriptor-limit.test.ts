import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";

import { descriptorLimit, descriptors, shareDescriptors } from "../src/descriptor-limit.ts";

describe("shareDescriptors", () => {
  test.each([
    [20_000, 10, 19_862, 19_936],
    [1024, 10, 886, 960],
    [256, 10, 214, 240],
    [64, 10, 46, 60],
    [20, 10, 6, 18],
    [10, 10, 0, 8],
    [Infinity, 0, Infinity, Infinity],
  ])("of %d, %d of them open, leaves %d to sockets", (limit, open, sockets, reservedFrom) => {
    expect(shareDescriptors(limit, open)).toEqual({ sockets, reservedFrom });
  });

  test("sockets that are counted never reach the reserve", () => {
    for (let limit = 10; limit < 4096; limit += 1) {
      const { sockets, reservedFrom } = shareDescriptors(limit, 10);
      expect(10 + sockets).toBeLessThanOrEqual(Math.max(10, reservedFrom));
    }
  });
});

describe("descriptors", () => {
  test("counts what is open", () => {
    const open = readdirSync("/dev/fd").length;
    expect(descriptors()).toEqual(shareDescriptors(descriptorLimit(), open));
  });
});

describe("descriptorLimit", () => {
  test("is the limit that a shell reports", () => {
    const { stdout } = Bun.spawnSync(["/bin/sh", "-c", "ulimit -n"]);
    const limit = Number(stdout.toString());
    expect(descriptorLimit()).toBe(Number.isNaN(limit) ? Number.POSITIVE_INFINITY : limit);
  });
});
