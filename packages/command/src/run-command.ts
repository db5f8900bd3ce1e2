// The life of a command between `main.ts` and its end: answer the command line or run, then flush and
// exit. An exception that was not caught is told once, with its stack, and ends in exit code 1.

import type { CommandLine } from "./command-line.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { printable } from "@typewire/connection/internal";
import type { Terminal } from "./terminal.ts";

/** How a run ended. */
export interface RunEnd {
  readonly code: ExitCode;
  /** Resolves with a signal to stop, before or after the end: readers of the output then have 2 s more. */
  readonly stopped?: Promise<unknown>;
}

/** Where exceptions that were not caught end up; `process`. */
export interface ExceptionSource {
  on(
    event: "uncaughtException" | "unhandledRejection",
    listener: (error: unknown) => void,
  ): unknown;
}

/** Answers the command line, or runs; then ends the process with the exit code. Never returns. */
export async function runCommand<Options>(
  commandLine: CommandLine<Options>,
  terminal: Terminal,
  exceptions: ExceptionSource,
  run: (options: Options) => Promise<RunEnd>,
): Promise<never> {
  const crash = (error: unknown): Promise<never> => {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    terminal.err.write(`internal error: ${stack.split("\n").map(printable).join("\n")}\n`);
    return terminal.exit(exitCodes.internal, { deadlineMs: 1000 });
  };
  exceptions.on("uncaughtException", (error) => void crash(error));
  exceptions.on("unhandledRejection", (error) => void crash(error));
  switch (commandLine.kind) {
    case "print":
      terminal.out.write(commandLine.text);
      return terminal.exit(exitCodes.done);
    case "refuse":
      terminal.err.write(`${commandLine.line}\n`);
      return terminal.exit(exitCodes.usage);
    case "run":
      try {
        const { code, stopped } = await run(commandLine.options);
        return await terminal.exit(code, stopped === undefined ? {} : { stopped });
      } catch (error) {
        return crash(error);
      }
  }
}
