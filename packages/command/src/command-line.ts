// The command line of both programs, on commander: flags described once, read into values, and every
// mistake answered with one line. Commander is kept from printing and from ending the process; what
// to print and the exit code are the caller's.

import { Argument, Command, CommanderError, Option } from "commander";

import { choiceValue, type FlagValue, integerValue } from "./flag-value.ts";
import { type Language, languages } from "./language.ts";
import { type LogFormat, logFormats } from "./log.ts";
import { printable } from "@typewire/connection/internal";

export type { Command };

/** What a command line asks for: run, print a page (`--help`, `--version`), or one line that refuses it. */
export type CommandLine<Options> =
  | { readonly kind: "run"; readonly options: Options }
  | { readonly kind: "print"; readonly text: string }
  | { readonly kind: "refuse"; readonly line: string };

/** A name and a password in a URL (RFC 3986 §3.2.1), which a log may keep. */
const CREDENTIALS = /\/\/[^\s/]*@/g;

/** A mistake on the command line. The message names the flag and what it takes. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

class ValueOption extends Option {
  readonly takes: string;

  constructor(flags: string, says: string, takes: string) {
    super(flags, `${says}: ${takes}`);
    this.takes = takes;
  }
}

/** A command with `--version` and `--help`; `summary` is the first sentence of its help. */
export function createCommand(name: string, version: string, summary: string): Command {
  return new Command(name)
    .description(summary)
    .version(`${name} ${version}`, "--version", "print the version")
    .helpOption("-h, --help", "print this page");
}

/** `--name <what>`: a flag with a value. `fallback` is its default as a user would write it. */
export function valueFlag<T>(
  flags: string,
  says: string,
  value: FlagValue<T>,
  fallback?: string,
): Option {
  const option = new ValueOption(flags, says, value.takes);
  const read = (text: string): T => readValue(option.long ?? flags, value, text);
  option.argParser(read);
  return fallback === undefined ? option : option.default(read(fallback), fallback);
}

/** A flag that may be given several times: its values are a list, in their order. */
export function collectFlag<T>(flags: string, says: string, value: FlagValue<T>): Option {
  const option = valueFlag(flags, `${says}, may be given several times`, value);
  return option.argParser<readonly T[] | undefined>((text, before) => [
    ...(before ?? []),
    readValue(option.long ?? flags, value, text),
  ]);
}

/** `[what...]`: arguments without a flag. Their values are a list, in their order. */
export function valueArguments<T>(
  name: string,
  says: string,
  value: FlagValue<T>,
  fallback: string,
): Argument {
  const read = (text: string): T => readValue(name, value, text);
  const byDefault: readonly T[] = [read(fallback)];
  return new Argument(`[${name}...]`, `${says}, may be given several times: ${value.takes}`)
    .argParser<readonly T[]>((text, before) =>
      before === byDefault ? [read(text)] : [...before, read(text)],
    )
    .default(byDefault, fallback);
}

/** The flags of both commands: `--lang`, `--log`, `--log-limit` and `--trace`. */
export interface LogFlags {
  readonly lang?: Language;
  readonly log: LogFormat;
  /** See `LogLimitOptions.most`. */
  readonly logLimit: number;
  readonly trace: boolean;
}

/** Adds the flags of the log, which both commands have, and returns `command`. */
export function addLogFlags(command: Command): Command {
  return command
    .addOption(
      valueFlag(
        "--lang <language>",
        "language of the log, else the locale's",
        choiceValue(languages),
      ),
    )
    .addOption(valueFlag("--log <format>", "how stderr looks", choiceValue(logFormats), "human"))
    .addOption(
      valueFlag(
        "--log-limit <n>",
        "warnings of one reason in 10s, and ten times as many connections that come or go; the rest is only counted",
        integerValue("a number", 1, 1_000_000),
        "100",
      ),
    )
    .addOption(
      new Option("--trace", "log every message too, with its bytes").default(false, "off"),
    );
}

/** Whether the flag with this attribute name (`maxFrame`) was written, rather than left to its default. */
export function isGiven(command: Command, attribute: string): boolean {
  return command.getOptionValueSource(attribute) === "cli";
}

/**
 * Reads `argv` (without the program). `toOptions` may throw UsageError for flags that contradict each other. `advice`
 * is what to give in the place of flags that this command has not, and the other has.
 */
export function readCommandLine<Options>(
  command: Command,
  argv: readonly string[],
  toOptions: (command: Command) => Options,
  advice: ReadonlyMap<string, string> = new Map(),
): CommandLine<Options> {
  let page = "";
  command.exitOverride().configureOutput({
    writeOut: (text) => {
      page += text;
    },
    outputError: () => {},
  });
  try {
    command.parse(argv, { from: "user" });
    return { kind: "run", options: toOptions(command) };
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) {
      return { kind: "print", text: page };
    }
    if (!(error instanceof UsageError) && !(error instanceof CommanderError)) throw error;
    const sentence =
      error instanceof UsageError ? error.message : sentenceOf(error, command, advice);
    return { kind: "refuse", line: printable(`${command.name()}: ${sentence}`) };
  }
}

/**
 * The value that `text` is.
 *
 * @throws UsageError naming what was to be read, and what it takes.
 */
export function readValue<T>(name: string, value: FlagValue<T>, text: string): T {
  const result = value.parse(text);
  if (result !== undefined) return result;
  const told = JSON.stringify(text.replaceAll(CREDENTIALS, "//…@"));
  throw new UsageError(`${name} takes ${value.takes}; got ${told}`);
}

/** Commander names the flag in single quotes; the rest of the sentence is ours. */
function sentenceOf(
  error: CommanderError,
  command: Command,
  advice: ReadonlyMap<string, string>,
): string {
  const quoted = /'(.+?)'/s.exec(error.message)?.[1] ?? "";
  switch (error.code) {
    case "commander.unknownOption":
      return unknownFlag(quoted, error.message, command, advice);
    case "commander.optionMissingArgument": {
      const option = command.options.find((candidate) => candidate.flags === quoted);
      const takes = option instanceof ValueOption ? option.takes : "a value";
      return `${option?.long ?? quoted} needs a value: ${takes}`;
    }
    case "commander.excessArguments":
      return `unexpected argument ${JSON.stringify(command.args.at(-1) ?? "")}; --help lists what it takes`;
    default:
      return error.message.replace(/^error: /, "").replaceAll("\n", " ");
  }
}

function unknownFlag(
  flag: string,
  message: string,
  command: Command,
  advice: ReadonlyMap<string, string>,
): string {
  const name = flag.split("=", 1)[0] ?? flag;
  if (command.options.some((option) => option.long === name)) return `${name} takes no value`;
  const nearest = /\(Did you mean (?:one of )?(.+)\?\)/.exec(message)?.[1];
  const likely = nearest && `did you mean ${nearest.replaceAll(", ", " or ")}?`;
  return `unknown flag ${flag}; ${advice.get(name) ?? likely ?? "--help lists the flags"}`;
}
