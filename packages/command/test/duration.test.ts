import { describe, expect, test } from "bun:test";
import { durationValue, formatDuration, parseDuration } from "../src/index.ts";

describe("parseDuration", () => {
  test.each([
    ["500ms", 500],
    ["60s", 60_000],
    ["1.5s", 1500],
    ["2m", 120_000],
    ["1h", 3_600_000],
    ["0s", 0],
    ["576h", 2_073_600_000],
  ])("reads %s as %d ms", (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each([
    "",
    "60",
    "s",
    "-1s",
    "1 s",
    "1S",
    "1e3ms",
    "1.2345s",
    "577h",
    "60sec",
    "0x1s",
    "60s\n",
  ])("refuses %j", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe("formatDuration", () => {
  test.each([
    [60_000, "1m"],
    [1500, "1500ms"],
    [10_000, "10s"],
    [7_200_000, "2h"],
    [0, "0s"],
  ])("writes %d ms as %s", (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
    expect(parseDuration(text)).toBe(milliseconds);
  });
});

describe("durationValue", () => {
  test("takes its minimum and refuses one millisecond less", () => {
    const value = durationValue(1000);
    expect(value.parse("1s")).toBe(1000);
    expect(value.parse("999ms")).toBeUndefined();
    expect(value.takes).toBe("a duration from 1s to 576h, such as 500ms, 60s or 2m");
  });
});
