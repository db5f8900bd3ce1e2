import { describe, expect, test } from "bun:test";
import { formatSize, parseSize, sizeValue } from "../src/index.ts";

describe("parseSize", () => {
  test.each([
    ["1048576", 1_048_576],
    ["64KiB", 65_536],
    ["1MiB", 1_048_576],
    ["1.5KiB", 1536],
    ["2GiB", 2_147_483_648],
    ["10B", 10],
  ])("reads %s as %d bytes", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each(["", "1MB", "1kb", "1 MiB", "-1", "0.3B", "1.0001KiB", "1e6", "MiB", "0x10"])(
    "refuses %j",
    (text) => {
      expect(parseSize(text)).toBeUndefined();
    },
  );
});

describe("formatSize", () => {
  test.each([
    [1_048_576, "1MiB"],
    [65_536, "64KiB"],
    [1000, "1000"],
    [0, "0"],
  ])("writes %d as %s", (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });
});

describe("sizeValue", () => {
  test("takes both its bounds and refuses one byte beyond each", () => {
    const value = sizeValue(1024, 1_048_576);
    expect(value.parse("1KiB")).toBe(1024);
    expect(value.parse("1MiB")).toBe(1_048_576);
    expect(value.parse("1023")).toBeUndefined();
    expect(value.parse("1048577")).toBeUndefined();
    expect(value.takes).toBe("a size from 1KiB to 1MiB, such as 64KiB or 1MiB");
  });
});
