// `--limit NAME=VALUE`, which takes the name of any row of the limits of a connection; how the value is
// written follows from the row's unit. `--help` lists the rows that are options of `serve` and `connect`.

import {
  type AnyLimitRow,
  expectedInsteadOf,
  internalLimits,
  limitRows,
  optionRows,
  resolveLimits,
} from "@typewire/connection/internal";
import type { Limits } from "@typewire/connection";
import { TypewireError } from "@typewire/protocol";

import { collectFlag, type Command, readValue, UsageError } from "./command-line.ts";
import { durationValue, formatDuration } from "./duration.ts";
import { choiceValue, type FlagValue, integerValue } from "./flag-value.ts";
import { formatSize, sizeValue } from "./size.ts";

/** What `--limit` comes to: only what was given, so that the rest keeps its default. */
export interface LimitFlags {
  readonly limits: Partial<Limits>;
}

type Value = number | boolean;
type Given = Readonly<Record<string, Value>>;
type Pair = readonly [name: string, text: string];

const pairValue: FlagValue<Pair> = {
  takes: "NAME=VALUE, such as maxFrameBytes=64KiB",
  parse(text) {
    const at = text.indexOf("=");
    return at < 1 ? undefined : [text.slice(0, at), text.slice(at + 1)];
  },
};

/** Adds `--limit`, and to `--help` the limits that are options. */
export function addLimitFlag(command: Command): Command {
  return command
    .addOption(collectFlag("--limit <name=value>", "a limit of each connection", pairValue))
    .addHelpText("after", `\n${limitsHelp()}`);
}

/**
 * The values of all flags of `command`, those of `--limit` as one object. `more` are limits that other
 * flags have set.
 *
 * @throws UsageError where a limit is unknown, has no such value, or contradicts another.
 */
export function withLimits<Flags>(command: Command, more: Given = {}): Flags & LimitFlags {
  const { limit: pairs = [], ...others } = command.opts<{ limit?: readonly Pair[] }>();
  const given: Given = { ...more, ...Object.fromEntries(pairs.map(readLimit)) };
  try {
    resolveLimits(given);
  } catch (error) {
    if (!(error instanceof TypewireError)) throw error;
    throw new UsageError(error.message);
  }
  return { ...others, limits: internalLimits(given) } as Flags & LimitFlags;
}

/** A limit's value as a command line writes it: `1MiB`, `10s`, `32`, `false`. */
export function formatLimit({ unit }: AnyLimitRow, value: Value): string {
  if (unit === "bytes") return formatSize(Number(value));
  return unit === "milliseconds" ? formatDuration(Number(value)) : String(value);
}

function readLimit([name, text]: Pair): readonly [name: string, value: Value] {
  const rows: Readonly<Partial<Record<string, AnyLimitRow>>> = limitRows;
  const row = Object.hasOwn(rows, name) ? rows[name] : undefined;
  if (row === undefined) {
    const expected = expectedInsteadOf(name, Object.keys(limitRows));
    throw new UsageError(`--limit knows no ${JSON.stringify(name)}; expected ${expected}`);
  }
  return [name, readValue(`--limit ${name}`, valueOf(row), text)];
}

function valueOf({ unit, least, most }: AnyLimitRow): FlagValue<Value> {
  switch (unit) {
    case "bytes":
      return sizeValue(least, most);
    case "milliseconds":
      return durationValue(least);
    case "count":
      return integerValue("a number", least, most);
    case "yes-no":
      return yesNo;
  }
}

const words = choiceValue(["true", "false"]);

const yesNo: FlagValue<boolean> = {
  takes: words.takes,
  parse(text) {
    const word = words.parse(text);
    return word && word === "true";
  },
};

function limitsHelp(): string {
  const lines = Object.entries<AnyLimitRow>(optionRows).map(
    ([name, row]) =>
      `  ${name.padEnd(20)} ${row.says} (default: ${formatLimit(row, row.fallback)})`,
  );
  return `Limits of each connection, for --limit; docs/commands.md has the others:\n${lines.join("\n")}`;
}
