import { describe, expect, test } from "bun:test";
import {
  type AnyLimitRow,
  constantRows,
  type ConnectionLimits,
  limitRows,
  optionRows,
} from "@typewire/connection/internal";

import {
  addLimitFlag,
  createCommand,
  formatLimit,
  readCommandLine,
  withLimits,
} from "../src/index.ts";

function read(...argv: string[]) {
  const command = addLimitFlag(createCommand("prog", "1.2.3", "Does things."));
  return readCommandLine(command, argv, (parsed) => withLimits<object>(parsed));
}

/** The limits that `pairs` come to. */
function limitsOf(...pairs: string[]): Partial<ConnectionLimits> {
  const result = read(...pairs.flatMap((pair) => ["--limit", pair]));
  if (result.kind !== "run") throw new Error(`Expected to run: ${JSON.stringify(result)}`);
  return result.options.limits;
}

const rows: readonly (readonly [name: string, row: AnyLimitRow])[] = Object.entries(limitRows);

describe("--limit", () => {
  test.each(rows)("takes %s, its default as the tables write it", (name, row) => {
    expect(limitsOf(`${name}=${formatLimit(row, row.fallback)}`)).toEqual({ [name]: row.fallback });
    if (row.unit === "yes-no") return;
    expect(limitsOf(`${name}=${formatLimit(row, row.least)}`)).toEqual({ [name]: row.least });
  });

  test("takes sizes, durations, numbers and true or false, one after the other", () => {
    expect(
      limitsOf("maxFrameBytes=64KiB", "writeStallMs=1.5s", "maxItems=7", "requireHello=true"),
    ).toEqual({ maxFrameBytes: 65_536, writeStallMs: 1500, maxItems: 7, requireHello: true });
    expect(limitsOf("heartbeatIntervalMs=0s", "requireHello=false")).toEqual({
      heartbeatIntervalMs: 0,
      requireHello: false,
    });
    expect(limitsOf("maxItems=7", "maxItems=8")).toEqual({ maxItems: 8 });
    expect(limitsOf()).toEqual({});
  });

  test.each([
    ["maxItems", '--limit takes NAME=VALUE, such as maxFrameBytes=64KiB; got "maxItems"'],
    ["=5", '--limit takes NAME=VALUE, such as maxFrameBytes=64KiB; got "=5"'],
    ["maxItem=5", '--limit knows no "maxItem"; expected maxItems'],
    ["toString=5", '--limit knows no "toString"; expected one of maxFrameBytes, maxNesting, '],
    ["maxItems=", '--limit maxItems takes a number from 1 to 100000000; got ""'],
    ["maxItems=0", '--limit maxItems takes a number from 1 to 100000000; got "0"'],
    [
      "maxFrameBytes=255",
      "--limit maxFrameBytes takes a size from 256 to 1GiB, such as 64KiB or 1MiB",
    ],
    ["maxFrameBytes=1MB", '; got "1MB"'],
    ["lingerMs=5", "--limit lingerMs takes a duration from 1ms to 576h, such as 500ms, 60s or 2m"],
    ["lingerMs=577h", '; got "577h"'],
    ["requireHello=1", '--limit requireHello takes true or false; got "1"'],
    [
      "softQueueBytes=9MiB",
      "hardQueueBytes: expected at least softQueueBytes (9437184), got 8388608",
    ],
  ])("refuses %s with one line", (pair, expected) => {
    const result = read("--limit", pair);
    if (result.kind !== "refuse") throw new Error("The flag was accepted");
    expect(result.line).toStartWith("prog: ");
    expect(result.line).toContain(expected);
    expect(result.line).not.toContain("\n");
  });

  test("is followed in --help by the options, each on one line with its default, and no constant", () => {
    const help = read("--help");
    if (help.kind !== "print") throw new Error("--help does not print");
    for (const [name, row] of Object.entries<AnyLimitRow>(optionRows)) {
      expect(help.text).toMatch(
        new RegExp(`^  ${name} .*\\(default: ${formatLimit(row, row.fallback)}\\)$`, "m"),
      );
    }
    for (const name of Object.keys(constantRows))
      expect(help.text).not.toMatch(new RegExp(`^ *${name}`, "m"));
  });
});
